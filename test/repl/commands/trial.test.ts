import { tmpdir } from 'node:os';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TrialResult } from '../../../lib/index.ts';
import { PromptSession, type Ran } from './prompt-session.ts';

const test = suite('.trial');

const session = await PromptSession.open('commands-trial', tmpdir());
const { instance } = session;
await instance.createBackend('m:v1', () => ({ name: 'Ada', score: 1 }));
await instance.createBackend('m:v2', () => ({ name: 'ADA', score: 1.01 }));
await instance.createEndpoint('m', { backend: 'm:v1' });

test.after(() => session.close());

/** What it shows while queries come, one after the other. */
async function tried(command: string): Promise<Ran> {
  const handle = await instance.getHandle('m');
  const over = new AbortController();
  const running = session.run(command).finally(() => over.abort());
  while (!over.signal.aborted) await handle.remote(null);
  return running;
}

test('the fields that differ are shown with both values, and the latencies of both', async () => {
  const { printed, displays, result, data } = await tried('.trial m m:v2 --count 20');
  assert.is(printed, "await client.trial('m', 'm:v2', { count: 20 })\n");
  assert.ok(displays.every((display) => /^[\d ]+ compared: \d+ equal/.test(display.data['text/plain'])));
  const lines = (result ?? '').split('\n');
  assert.is(lines[0], '20 compared: 0 equal, 20 different; ended by count');
  assert.match(result ?? '', /^m now +\d.* ms +\d.* ms +\d.* ms +0$/m);
  assert.match(result ?? '', /^m:v2 +\d.* ms +\d.* ms +\d.* ms +0$/m);
  assert.match(result ?? '', /^field +differs +now +m:v2 +for example$/m);
  assert.match(result ?? '', /^name +20 +'Ada' +'ADA' +\S+$/m);
  assert.match(result ?? '', /^score +20 +1 +1\.01 +\S+$/m);
  const { compared, different } = data as TrialResult;
  assert.equal([compared, different], [20, 20]);
});

test('what is within the tolerance is equal', async () => {
  const { result } = await tried('.trial m m:v2 --count 5 --tolerance 0.1');
  assert.not.match(result ?? '', /score/);
  assert.match(result ?? '', /^name +5 /m);
});

test('where no query comes, it says so and how to send some', async () => {
  const { result } = await session.run('.trial m m:v2 --for 20ms');
  assert.is(result, "nothing was compared: no query came to 'm' in that time; `.load m` sends some");
});

test('what cannot be tried is refused', async () => {
  assert.match((await session.run('.trial m m:v3')).error ?? '', /BACKEND_NOT_FOUND/);
  assert.match((await session.run('.trial n m:v2')).error ?? '', /ENDPOINT_NOT_FOUND/);
  assert.match((await session.run('.trial m')).error ?? '', /the backend to try is missing; usage: \.trial/);
  assert.match((await session.run('.trial m m:v2 --for ever')).error ?? '', /'ever' is no time/);
});

test.run();
