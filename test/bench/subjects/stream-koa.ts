/** Bare Koa, streaming: sends as many bytes as it is asked for, counts those it is sent. */
import { Readable } from 'node:stream';
import Koa from 'koa';
import { beHttpSubject } from '../subject.ts';
import { CHUNK_BYTES } from '../work.ts';

const app = new Koa();
app.use(async (ctx) => {
  if (ctx.method === 'GET') {
    ctx.type = 'application/octet-stream';
    ctx.body = Readable.from(chunks(Number(ctx.query.bytes)), { objectMode: false });
    return;
  }
  let bytes = 0;
  for await (const chunk of ctx.req as AsyncIterable<Uint8Array>) bytes += chunk.byteLength;
  ctx.body = { bytes };
});

async function* chunks(bytes: number): AsyncGenerator<Uint8Array> {
  for (let left = bytes; left > 0; left -= CHUNK_BYTES) yield new Uint8Array(Math.min(left, CHUNK_BYTES));
}

beHttpSubject(app.listen(0, '127.0.0.1'));
