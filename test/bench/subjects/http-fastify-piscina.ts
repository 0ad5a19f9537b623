/** Fastify with one `piscina.run` per request. */
import fastify from 'fastify';
import { beHttpSubject } from '../subject.ts';
import { makePool } from './pool.ts';

const pool = makePool();
const app = fastify();
app.get('/noop', () => pool.run(null));
app.post('/echo', (request) => pool.run(request.body));

await app.listen({ port: 0, host: '127.0.0.1' });
beHttpSubject(app.server);
