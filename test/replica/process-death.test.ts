import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { deathOf, type ProcessEnd } from '../../lib/replica/process-death.ts';

const test = suite('how a process ended');

const END: ProcessEnd = { failure: null, code: null, signal: null, output: '' };
const OUT_OF_MEMORY =
  '\n<--- Last few GCs --->\n\nFATAL ERROR: Reached heap limit - JavaScript heap out of memory\n 1: 0x1\n';

for (const [title, end, told] of [
  ['an exit code', { code: 7 }, 'its code called process.exit(7)'],
  ['SIGSEGV', { signal: 'SIGSEGV' }, 'its process crashed (SIGSEGV, a fault in native code)'],
  ['SIGABRT', { signal: 'SIGABRT' }, /^its process aborted \(SIGABRT, by process\.abort\(\) or a failed check/],
  [
    'SIGKILL',
    { signal: 'SIGKILL' },
    /^its process was killed \(SIGKILL, by somebody else or by a system short of memory/,
  ],
  ['another signal', { signal: 'SIGTERM' }, 'its process was ended by SIGTERM'],
  [
    'an abort for want of memory',
    { signal: 'SIGABRT', output: OUT_OF_MEMORY },
    'out of memory: FATAL ERROR: Reached heap limit - JavaScript heap out of memory',
  ],
] as const satisfies readonly [string, Partial<ProcessEnd>, string | RegExp][]) {
  test(`is told in words: ${title}`, () => {
    const { message, stack } = deathOf({ ...END, ...end }, true);
    if (typeof told === 'string') assert.is(message, told);
    else assert.match(message, told);
    assert.is(stack, undefined, 'where that was found out is of no use to anybody');
  });
}

test('before it was ready comes with what it printed last, which cannot forge a line or colour a terminal', () => {
  const output = Array.from({ length: 30 }, (_, i) => `line ${i}\n\n`).join('');
  const { message } = deathOf({ ...END, code: 9, output: `${output}\x1b[31mred\r\n` }, false);
  const lines = message.split('\n');
  assert.is(lines[0], 'its process ended with exit code 9 before it was ready. It said last:');
  assert.equal(lines.slice(1, 3), ['  line 21', '  line 22'], 'the last ten');
  assert.is(lines.at(-1), '  \\u{1b}[31mred\\r');
});

test('before it was ready, without a word', () => {
  assert.is(deathOf({ ...END, code: 0 }, false).message, 'its process ended with exit code 0 before it was ready');
});

for (const [code, hint] of [
  ['EAGAIN', 'ulimit -u'],
  ['EMFILE', 'ulimit -n'],
  ['E2BIG', 'envVars'],
  ['ENOENT', 'Node binary'],
  ['EPERM', 'spawn x EPERM'],
] as const) {
  test(`that was never started says why: ${code}`, () => {
    const failure = Object.assign(new Error(`spawn x ${code}`), { code });
    const death = deathOf({ ...END, failure }, false);
    assert.match(death.message, `its process could not be started: spawn x ${code}`);
    assert.match(death.message, hint);
    assert.is(death.cause, failure);
  });
}

test.run();
