import * as fc from 'fast-check';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { untilWorkers } from '../support/threads.ts';
import { codeCommands } from './control-code-commands.ts';
import { commands, compare } from './control-commands.ts';
import { Model } from './control-model.ts';

const test = suite('the controller against a model');

/** For as long as this, new sequences are begun, in ms; and until so many have ended. */
const BUDGET_MS = 20_000;
const FEWEST = 3;
/** One that fails is made shorter for as long as this. */
const SHRINKING_MS = 60_000;

test('whatever operations come in whatever order, the instance holds what a simple model holds', async () => {
  const end = performance.now() + BUDGET_MS;
  let sequences = 0;
  let hasFailed = false;
  const all = [...commands, ...codeCommands];
  const property = fc.asyncProperty(fc.commands(all, { maxCommands: 40, size: 'max' }), async (sequence) => {
    if (performance.now() > end && sequences >= FEWEST && !hasFailed) return;
    try {
      await runSequence(sequence);
    } catch (error) {
      hasFailed = true;
      throw error;
    }
    sequences++;
  });
  const limits = { numRuns: 200, interruptAfterTimeLimit: BUDGET_MS + SHRINKING_MS };
  await fc.assert(property, { ...limits, includeErrorInReport: true });
  assert.ok(sequences >= FEWEST, `only ${sequences} sequences were tried`);
});

async function runSequence(sequence: Iterable<fc.AsyncCommand<Model, serve.Client>>): Promise<void> {
  const client = await serve.start({ name: 'model', http: null });
  const model = new Model();
  try {
    await fc.asyncModelRun(() => ({ model, real: client }), sequence);
    await compare(model, client);
    await untilWorkers(model.replicas);
  } finally {
    await client.shutdown();
    await untilWorkers(0);
  }
}

test.run();
