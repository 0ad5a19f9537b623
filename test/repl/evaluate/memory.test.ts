import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Evaluator } from '../../../repl/evaluate/evaluator.ts';
import { newInterrupts } from '../../../repl/evaluate/interrupts.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');
const evaluator = new Evaluator({ directory: import.meta.dirname, interrupts: newInterrupts() });
const test = suite('memory');
const megabyte = 2 ** 20;

/** Each of them makes a value of this many bytes. */
const bytes = 4 * megabyte;
const declarations = [
  `let big = new Uint8Array(${bytes}).fill(1)`,
  `const big = await new Uint8Array(${bytes}).fill(1)`,
  `var big = { of: new Uint8Array(${bytes}).fill(1), self() { return big } }`,
  `function big() { return big.of }; big.of = new Uint8Array(${bytes}).fill(1)`,
  `const { big } = { big: new Uint8Array(${bytes}).fill(1) }; throw new Error('no')`,
  `new Uint8Array(${bytes}).fill(1)`,
  `class big { static of = new Uint8Array(${bytes}).fill(1) }`,
];

test('500 cells leave nothing of a big value that was declared again', async () => {
  const run = async (from: number, to: number): Promise<void> => {
    for (let i = from; i < to; i++) {
      const code = declarations[i % declarations.length] ?? '';
      await evaluator.evaluate(code, { file: `cell-${i}.ts` }).catch(() => undefined);
    }
    await evaluator.evaluate('let big = null', { file: 'cell-none.ts' });
    await nextTurn();
    collect();
    await nextTurn();
    collect();
  };
  await run(0, 20);
  const before = process.memoryUsage();
  await run(20, 520);
  const after = process.memoryUsage();
  // All of them would be 2 GB, one of them 4 MB.
  assert.ok(after.arrayBuffers - before.arrayBuffers < bytes, `${after.arrayBuffers - before.arrayBuffers} bytes stay`);
  assert.ok(after.heapUsed - before.heapUsed < 20 * megabyte, `${after.heapUsed - before.heapUsed} bytes of heap stay`);
});

test.after(() => evaluator.dispose());

test.run();
