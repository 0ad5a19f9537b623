/** An instance whose replica prints what the first argument names. It tells by message what it measured meanwhile. */
import * as serve from 'servelab';
import { GATE, newCells, PRINTED } from '../fixtures/faults/printing.ts';
import { faulty } from '../fixtures/faults/rig.ts';
import type { Measured, Scenario } from './printing.ts';

const BLOCKED_AT_MOST_MS = 120_000;

const [scenario, lines, isolation] = process.argv.slice(2);
const cells = newCells();
const client = await serve.start({ http: null });
const isShared = isolation === 'thread';
await client.createBackend('printing', faulty('Printing', isShared ? cells : null), {
  actorOptions: { isolation: isShared ? 'thread' : 'process' },
});
await client.createEndpoint('printing', { backend: 'printing' });
await client.createBackend('echo', (request: serve.ServeRequest) => request.data);
await client.createEndpoint('echo', { backend: 'echo' });
const printing = await client.getHandle('printing');
const echo = await client.getHandle('echo');
for (let query = 0; query < 100; query += 1) await echo.remote(query);

process.once('message', () => void client.shutdown().then(() => process.disconnect()));
process.send?.(await (scenario === 'blocked' ? measureBlocked() : measureServing(scenario as Scenario)));

/** Queries of another backend, one after the other, until the printing has been answered. */
async function measureServing(methodName: Scenario): Promise<Measured> {
  const startRss = process.memoryUsage.rss();
  let isPrinting = true;
  const ended = (): void => {
    isPrinting = false;
  };
  const printed = printing.options({ methodName }).remote(Number(lines)).then(ended, ended);
  const measured = { answered: 0, worstMs: 0, grownBytes: 0 };
  while (isPrinting) {
    const startedAt = performance.now();
    await echo.remote(measured.answered);
    measured.answered += 1;
    measured.worstMs = Math.max(measured.worstMs, performance.now() - startedAt);
    measured.grownBytes = Math.max(measured.grownBytes, process.memoryUsage.rss() - startRss);
  }
  await printed;
  return measured;
}

/** This thread does nothing from the first line to the last. */
async function measureBlocked(): Promise<Measured> {
  const startRss = process.memoryUsage.rss();
  const printed = printing.options({ methodName: 'keepPrinting' }).remote(Number(lines));
  void printed.then(() => {});
  while (Atomics.load(cells, PRINTED) === 0) await echo.remote();
  Atomics.wait(cells, GATE, 0, BLOCKED_AT_MOST_MS);
  const grownBytes = process.memoryUsage.rss() - startRss;
  const startedAt = performance.now();
  await echo.remote();
  const worstMs = performance.now() - startedAt;
  await printed;
  return { answered: 1, worstMs, grownBytes };
}
