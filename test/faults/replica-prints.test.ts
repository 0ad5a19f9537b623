/** Row 31: a replica that prints without end. Memory stays bounded, others are served, and what is lost is counted. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OUTPUT_LIMITS } from '../../lib/replica/output.ts';
import { lineOf, ORDINARY } from '../fixtures/faults/printing.ts';
import { print } from './printing.ts';

const test = suite('a replica that prints');
const MILLION = 1_000_000;
const MOST_GROWN_BYTES = 200 * 1024 * 1024;
const MOST_MS = 2000;

test('a million lines in one call: another backend is served, memory is bounded, the drops are counted', async () => {
  const { measured, out, err } = await print('flood', MILLION, isAccountedFor(MILLION));
  assertServed(measured);
  assert.ok(measured.answered > 20, `${measured.answered} queries were answered meanwhile`);
  const { printed } = accountOf(out);
  assert.ok(printed.length >= OUTPUT_LIMITS.burstLines && printed.length < 50_000, `${printed.length} were printed`);
  assert.equal(
    printed.slice(0, 10_000),
    Array.from({ length: 10_000 }, (_, at) => lineOf(at)),
    'from the first on',
  );
  assert.is(err, '');
});

test('a million lines in a process of its own: the same', async () => {
  const { measured, out, err } = await print('flood', MILLION, isAccountedFor(MILLION), { isolation: 'process' });
  assertServed(measured);
  const { printed } = accountOf(out);
  assert.ok(printed.length >= OUTPUT_LIMITS.burstLines && printed.length < 50_000, `${printed.length} were printed`);
  assert.is(err, '');
});

test('console.error is limited like console.log, for itself', async () => {
  const { out, err } = await print('floodErrors', 50_000, (_, text) => isAccountedFor(50_000)(text));
  assert.ok(accountOf(err).printed.length < 30_000);
  assert.is(out, '');
});

test('what was dropped is also told when the replica ends before a second is over', async () => {
  const { out } = await print('floodAndExit', 50_000, isAccountedFor(50_000));
  assert.ok(accountOf(out).printed.length < 30_000);
});

test('ordinary printing comes out as it is, in order', async () => {
  const { out, err } = await print('ordinary', 0, (text, errors) => text.endsWith('the end\n') && errors !== '');
  assert.is(out, ORDINARY);
  assert.is(err, 'to stderr\n');
});

test('a million lines while the instance itself is blocked cost neither of them memory', async () => {
  const { measured } = await print('blocked', MILLION, isAccountedFor(MILLION));
  assertServed(measured);
});

test('a million lines that nobody reads cost no memory, and others are served', async () => {
  const { measured, err } = await print('keepPrinting', MILLION, isAccountedFor(MILLION), { readLate: true });
  assertServed(measured);
  assert.ok(measured.answered > 20, `${measured.answered} queries were answered meanwhile`);
  assert.is(err, '');
});

test.run();

function assertServed({ worstMs, grownBytes }: { readonly worstMs: number; readonly grownBytes: number }): void {
  assert.ok(worstMs < MOST_MS, `a query waited ${worstMs} ms`);
  assert.ok(grownBytes < MOST_GROWN_BYTES, `memory grew by ${grownBytes} bytes`);
}

/** The lines that came out, and how many are said to have been dropped. */
function accountOf(text: string): { readonly printed: string[]; readonly dropped: number } {
  const lines = text.split('\n').slice(0, -1);
  const notices = lines.flatMap(
    (line) => /^servelab: replica 'printing#1': (\d+) lines dropped$/.exec(line)?.[1] ?? [],
  );
  const dropped = notices.reduce((sum, count) => sum + Number(count), 0);
  return { printed: lines.filter((line) => line.startsWith('line ')), dropped };
}

function isAccountedFor(count: number): (text: string) => boolean {
  return (text) => {
    if (!text.slice(-100).includes('dropped')) return false;
    const { printed, dropped } = accountOf(text);
    return printed.length + dropped === count;
  };
}
