/** Cells that are interrupted, in a process of their own whose control thread does it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Outcome } from './interrupt-child.ts';

const test = suite('interrupts');
const program = fileURLToPath(new URL('interrupt-child.js', import.meta.url));
const ended = new AbortController();
let child: ChildProcess;

test.before(async () => {
  child = fork(program);
  child.once('exit', () => ended.abort());
  await once(child, 'message');
});

test.after(async () => {
  child.disconnect();
  if (!ended.signal.aborted) await once(child, 'exit');
});

/** A process that ends instead answers nothing: then there is an AbortError. */
async function run(...codes: readonly string[]): Promise<readonly Outcome[]> {
  child.send(codes);
  const [outcomes] = (await once(child, 'message', { signal: ended.signal })) as [readonly Outcome[]];
  return outcomes;
}

const endless: Readonly<Record<string, string>> = {
  'a loop': 'begin(); while (true);',
  'a counted loop': 'begin(); for (let i = 0; i < 1e15; i++);',
  'a loop in a function': 'function f() { begin(); for (;;); } f()',
  'a catastrophic regular expression': "begin(); /(a+)+$/.test('a'.repeat(50) + 'b')",
  'a wait for another thread': 'begin(); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)',
  'an endless iterator': 'begin(); for (const x of { [Symbol.iterator]: () => ({ next: () => ({}) }) });',
  'an await that never ends': 'begin(); await new Promise(() => {})',
  'an await in a function': 'async function g() { begin(); await new Promise(() => {}) } await g()',
  'an import that never ends': "begin(); await import('data:text/javascript,await new Promise(() => {})')",
  'a loop of awaits': 'begin(); while (true) await null',
  'a loop of awaits that catches all': 'begin(); while (true) { try { await null } catch {} }',
  'a loop after an await': 'await 1; begin(); while (true);',
  'a loop after an await in its block': '{ await 1; begin(); while (true); }',
  'a loop after an await in a function': 'async function h() { await 1; begin(); while (true); } await h()',
  'a do after an await': 'async function i() { await 1; begin(); do {} while (true) } await i()',
  'a for after an await': 'async function j() { await 1; begin(); for (;;) {} } await j()',
  'a loop in a promise reaction': 'await Promise.resolve().then(() => { begin(); while (true) {} })',
};

for (const [title, code] of Object.entries(endless)) {
  test(`${title} ends at once, and the session goes on`, async () => {
    const [, ended, after] = await run('let kept = 7', code, 'kept');
    assert.equal(ended, { ended: 'Interrupted', thread: 'taken', uncaught: [] });
    assert.equal(after, { ended: '7', thread: null, uncaught: [] });
  });
}

test('a loop in a callback ends, and the cell that waits, too', async () => {
  const [ended, after] = await run(
    'setImmediate(() => { begin(); while (true) {} }); await new Promise(() => {})',
    '1 + 1',
  );
  assert.equal(ended, { ended: 'Interrupted', thread: 'taken', uncaught: ['Interrupted'] });
  assert.is(after?.ended, '2');
});

test('a loop in a callback ends when no cell runs', async () => {
  const waited = 'await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))';
  const [first, second] = await run('setImmediate(() => { begin(); while (true) {} }); 1', waited);
  assert.is(first?.ended, '1');
  assert.match(second?.ended ?? '', /^(?:Interrupted|undefined)$/);
  assert.is((await run('2'))[0]?.ended, '2');
});

test('what cannot be ended is said to be stuck, and hears of it when it can', async () => {
  const [ended, after] = await run(
    'setImmediate(() => { begin(100); for (let i = 0; Atomics.load(words, 1) === 0; i++); }); await new Promise(() => {})',
    '1 + 1',
  );
  assert.equal(ended, { ended: 'Interrupted', thread: 'stuck', uncaught: [] });
  assert.is(after?.ended, '2');
});

test('a cell goes no further than the statement that it waits in', async () => {
  const [, first, second, third, fourth] = await run(
    'let goOn = Promise.withResolvers(), count = 0',
    'setImmediate(begin); await goOn.promise; count = 1',
    '{ setImmediate(begin); await goOn.promise; count = 2 }',
    'for (const x of [setImmediate(begin), 2]) { await goOn.promise; count += 1 }',
    'goOn.resolve(); await goOn.promise; await null; await null; await null; count',
  );
  for (const one of [first, second, third]) assert.is(one?.ended, 'Interrupted');
  assert.is(fourth?.ended, '0');
});

test('its signal is aborted, and the next one is another', async () => {
  const outcomes = await run(
    'var signal = $signal; setImmediate(begin); await new Promise(() => {})',
    '[signal.aborted, $signal.aborted]',
  );
  assert.is(outcomes[1]?.ended, '[true,false]');
});

test('what is given its signal ends with it', async () => {
  const timers = "import { setTimeout as delay } from 'node:timers/promises'";
  const outcomes = await run(
    timers,
    'let why; setImmediate(begin); await delay(1e6, 0, { signal: $signal }).catch((e) => { why = e.name })',
    'await new Promise(setImmediate); why',
  );
  assert.is(outcomes[1]?.ended, 'Interrupted');
  assert.is(outcomes[2]?.ended, '"AbortError"');
});

test('an interrupt when nothing runs does nothing', async () => {
  const [first, second] = await run('setImmediate(begin); 1', 'await new Promise((r) => setTimeout(r, 0)); 2');
  assert.is(first?.ended, '1');
  assert.ok(second);
  assert.is((await run('3'))[0]?.ended, '3');
});

test('a signal from outside ends a cell that waits', async () => {
  child.send(['setImmediate(() => process.send("waits")); await new Promise(() => {})']);
  await once(child, 'message', { signal: ended.signal });
  child.kill('SIGINT');
  const [[outcome]] = (await once(child, 'message', { signal: ended.signal })) as [readonly Outcome[]];
  assert.is(outcome?.ended, 'Interrupted');
});

test('200 in a row, of all kinds, also as the cell ends by itself', async () => {
  const kinds = [...Object.values(endless)];
  const codes = Array.from({ length: 200 }, (_, i) => {
    if (i % 4 === 3)
      return `begin(); { const end = performance.now() + ${(i * 7) % 80}; while (performance.now() < end); }`;
    return kinds[(i * 5) % kinds.length] ?? '';
  });
  const outcomes = await run('let state = 1', ...codes.flatMap((code) => [code, 'state++']), 'state');
  assert.is(outcomes.at(-1)?.ended, '201');
  for (const [i, code] of codes.entries()) {
    const outcome = outcomes[1 + 2 * i];
    assert.match(outcome?.ended ?? '', i % 4 === 3 ? /^(?:Interrupted|undefined)$/ : /^Interrupted$/, code);
    assert.is(outcome?.thread, 'taken', code);
  }
});

test.run();
