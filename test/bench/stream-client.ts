/** A program: `get|post <url> <bytes>`. Streams so many bytes and prints how many seconds it took. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CHUNK_BYTES } from './work.ts';

const [verb = 'get', url = '', wanted = '0'] = process.argv.slice(2);
const bytes = Number(wanted);
const startedAt = performance.now();

const req = request(url, { method: verb.toUpperCase() });
const answered = once(req, 'response') as Promise<[IncomingMessage]>;
if (verb === 'post') await pipeline(Readable.from(chunks()), req);
else req.end();
const [res] = await answered;
if (res.statusCode !== 200) throw new Error(`${url} answered ${res.statusCode}`);
const streamed = verb === 'post' ? await countedBy(res) : await countOf(res);
if (streamed !== bytes) throw new Error(`${url} streamed ${streamed} bytes of ${bytes}`);
console.log((performance.now() - startedAt) / 1000);

function* chunks(): Generator<Uint8Array> {
  for (let left = bytes; left > 0; left -= CHUNK_BYTES) yield new Uint8Array(Math.min(left, CHUNK_BYTES));
}

async function countOf(stream: AsyncIterable<Uint8Array>): Promise<number> {
  let count = 0;
  for await (const chunk of stream) count += chunk.byteLength;
  return count;
}

async function countedBy(stream: AsyncIterable<Uint8Array>): Promise<number> {
  const parts: Uint8Array[] = [];
  for await (const chunk of stream) parts.push(chunk);
  return (JSON.parse(Buffer.concat(parts).toString()) as { bytes: number }).bytes;
}
