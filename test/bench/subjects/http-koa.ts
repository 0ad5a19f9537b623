/** Bare Koa, without any hop: what the HTTP side alone costs. */
import { text } from 'node:stream/consumers';
import Koa from 'koa';
import { beHttpSubject } from '../subject.ts';
import { NOOP_ANSWER } from '../work.ts';

const app = new Koa();
app.use(async (ctx) => {
  ctx.body = ctx.method === 'GET' ? NOOP_ANSWER : JSON.parse(await text(ctx.req));
});

beHttpSubject(app.listen(0, '127.0.0.1'));
