/** Koa with one `piscina.run` per request. */
import { text } from 'node:stream/consumers';
import Koa from 'koa';
import { beHttpSubject } from '../subject.ts';
import { makePool } from './pool.ts';

const pool = makePool();
const app = new Koa();
app.use(async (ctx) => {
  ctx.body = await pool.run(ctx.method === 'GET' ? null : JSON.parse(await text(ctx.req)));
});

beHttpSubject(app.listen(0, '127.0.0.1'));
