import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRoute } from '../../lib/domain/route.ts';
import { type RawText, splitSegment, type VariableSegment } from '../../lib/domain/route-segment.ts';

const test = suite('route segment');

/** Text that counts how many of its characters were read, so that cost is measured in steps and not in time. */
class CountedText implements RawText {
  read = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get length(): number {
    return this.#text.length;
  }

  charCodeAt(at: number): number {
    this.read += 1;
    return this.#text.charCodeAt(at);
  }

  slice(from: number, to?: number): string {
    const part = this.#text.slice(from, to);
    this.read += part.length;
    return part;
  }
}

function variableSegment(pattern: string): VariableSegment {
  const segment = parseRoute(`/${pattern}`).segments[0];
  if (segment?.type !== 'variables') throw new Error(`${pattern} has no variables`);
  return segment;
}

const SIZE = 40_000;

const HOSTILE: [pattern: string, unit: string, end: string][] = [
  ['{a}', 'a', ''],
  ['{a:int}', '1', 'x'],
  ['{x:float}', '1', 'x'],
  ['{x:float}', '1.', ''],
  ['{a}-{b}', '-', ''],
  ['{a}-{b}-{c}-{d}!', '-', ''],
  ['{a}-{b}-{c}-{d}-{e}-{f}', '-', '/'],
  ['{a:int}1{b:int}1{c:int}', '1', 'x'],
  ['{a:int}1{b:int}1{c:int}', '1', ''],
  ['{a:float}.{b:float}.{c:float}', '1.', ''],
  ['{a:float}1{b:float}1{c:float}', '1', 'x'],
  ['{a}aaaa{b}aaaa{c}', 'a', ''],
  ['{a}1{b:int}1{c}', '1', 'x'],
];

for (const [pattern, unit, end] of HOSTILE) {
  test(`${pattern} reads each of 40 000 times '${unit}' then '${end}' a bounded number of times`, () => {
    const text = new CountedText(unit.repeat(SIZE / unit.length) + end);
    const segment = variableSegment(pattern);
    splitSegment(segment, text);
    // A plain scan reads each character once; each token of the pattern may add a few scans, never a factor of length.
    const numTokens = segment.literals.join('').length + segment.variables.length;
    assert.ok(text.read <= 6 * numTokens * text.length, `${text.read} reads`);
  });
}

test('a uuid between variables reads at most its own length at each position', () => {
  const text = new CountedText('0'.repeat(SIZE));
  splitSegment(variableSegment('{a}0{key:uuid}0{b}'), text);
  assert.ok(text.read <= 60 * text.length, `${text.read} reads`);
});

test('twice the length costs twice the reads', () => {
  const reads = [SIZE, 2 * SIZE].map((length) => {
    const text = new CountedText(`${'1.'.repeat(length / 2)}x`);
    splitSegment(variableSegment('{a:float}.{b}.{c:float}'), text);
    return text.read;
  });
  assert.ok((reads[1] ?? 0) <= 2.1 * (reads[0] ?? 0), reads.join(' then '));
});

test('the first variable takes as much as leaves the others something', () => {
  assert.equal(splitSegment(variableSegment('{a}-{b}-{c}'), 'a-b-c-d'), ['a-b', 'c', 'd']);
  assert.is(splitSegment(variableSegment('{a}-{b}-{c}'), 'a-b'), null);
});

test.run();
