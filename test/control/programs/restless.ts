// A client that changes things without end, with a query, a stream and a watch open, and says how far it has got.
import * as serve from 'servelab';
import { STEPS } from '../restless-steps.ts';

const [name = '', prefix = ''] = process.argv.slice(2);
const client = await serve.connect({ name });

const waiting = (await client.getHandle('waits')).remote();
waiting.catch(() => {});
const stream = (await (await client.getHandle('count')).remote(Number.POSITIVE_INFINITY)) as ReadableStream<number>;
await stream.getReader().read();
void client.watch().next();

let done = 0;
process.send?.(done);
for (;;) {
  for (const { run } of STEPS) {
    await run(client, prefix);
    process.send?.(++done);
  }
}
