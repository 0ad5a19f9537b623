// A watch holds on to nothing: neither to the process nor to what it has told.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Controls } from '../../lib/controls.ts';
import { Watch } from '../../lib/watch.ts';
import { takesStatus } from '../../lib/watches.ts';
import { reachableBytes } from '../support/heap.ts';

const test = suite('the end of a watch');

for (const end of ['close', 'shutdown'] as const) {
  test(`a process with a pending watch ends by itself after ${end}()`, async () => {
    const script = `
      import * as serve from 'servelab';
      const client = await serve.start({ name: 'watched', http: null });
      const watch = client.watch();
      await watch.next();
      const pending = watch.next();
      await client.${end}();
      console.log(JSON.stringify(await pending));
    `;
    const args = ['--input-type=module', '--eval', script];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 });
    assert.equal(JSON.parse(stdout), { done: true });
  });
}

test('next() called many times keeps none of the snapshots it gave', async () => {
  let serial = 0;
  const controls: Pick<Controls, 'statusAfter'> = {
    statusAfter: async () => ({ serial: ++serial, status: { text: String(serial).repeat(2000) } as never }),
  };
  const watch = new Watch(takesStatus(controls), () => {});
  const take = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await watch.next();
  };
  await take(100);
  const before = reachableBytes();
  await take(5000);
  const grown = reachableBytes() - before;
  assert.is(serial, 5100);
  assert.ok(grown < 500_000, `${grown} bytes more are reachable`);
  await watch.return();
});

test.run();
