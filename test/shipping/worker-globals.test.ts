import { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isWorkerGlobal, languageGlobals, NODE_GLOBALS } from '../../lib/shipping/worker-globals.ts';

const test = suite('worker globals');

test('each name exists in a fresh worker thread', async () => {
  const code = `const { parentPort, workerData } = require('node:worker_threads');
    parentPort.postMessage(workerData.filter((name) => !(name in globalThis)));`;
  const worker = new Worker(code, {
    eval: true,
    workerData: [...languageGlobals(), ...NODE_GLOBALS].filter(isWorkerGlobal),
  });
  const missing = await new Promise((resolve) => worker.once('message', resolve));
  assert.equal(missing, []);
  await worker.terminate();
});

test('a global of the user or of the prompt is none', () => {
  Object.assign(globalThis, { mine: 1 });
  for (const name of ['mine', 'require', 'module', '__dirname', 'client']) assert.not.ok(isWorkerGlobal(name), name);
  for (const name of ['Map', 'fetch', 'undefined', 'globalThis', 'process', 'Buffer'])
    assert.ok(isWorkerGlobal(name), name);
  Reflect.deleteProperty(globalThis, 'mine');
});

test.run();
