import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { beside, fitLine, line, lineWidth, overlayLine, sliceLine, span, textOf } from '../../../tui/frame/line.ts';

const test = suite('line');

/** Narrow, wide, joined and combining characters. */
const texts = fc
  .array(fc.constantFrom('a', ' ', '●', '日', 'é', '👩‍👩‍👧', '…', 'z'), { maxLength: 12 })
  .map((parts) => parts.join(''));
const lines = fc
  .array(texts, { maxLength: 5 })
  .map((parts) => line(...parts.map((text, at) => span(text, at % 2 === 0 ? 'ok' : 'bad'))));

test('a line fitted to any width is exactly that wide', () => {
  fc.assert(
    fc.property(lines, fc.integer({ min: 0, max: 40 }), (given, columns) => {
      assert.is(lineWidth(fitLine(given, columns, '…')), columns, JSON.stringify(textOf(given)));
    }),
  );
});

test('a slice is as wide as the columns it was cut from', () => {
  fc.assert(
    fc.property(lines, fc.nat(20), fc.nat(20), (given, from, length) => {
      const wanted = Math.max(0, Math.min(lineWidth(given), from + length) - from);
      assert.is(lineWidth(sliceLine(given, from, from + length)), wanted, JSON.stringify(textOf(given)));
    }),
  );
});

test('what is laid over a line changes nothing but its own columns', () => {
  const under = line(span('0123456789', 'ok'));
  const over = overlayLine(under, line(span('ab', 'bad')), 3);
  assert.is(textOf(over), '012ab56789');
  assert.equal(
    over.map(({ tone }) => tone),
    ['ok', 'bad', 'ok'],
  );
});

test('half of a wide character becomes a space', () => {
  assert.is(textOf(sliceLine(line('a日b'), 0, 2)), 'a ');
  assert.is(textOf(sliceLine(line('a日b'), 2)), ' b');
});

test('a cut line says so, in the style of where it was cut', () => {
  const [first, mark] = fitLine(line(span('abcdef', 'warn')), 4, '…');
  assert.is(first?.text, 'abc');
  assert.equal([mark?.text, mark?.tone], ['…', 'warn']);
});

test('blocks stand next to each other, the shorter one leaving nothing', () => {
  const left = [line('aa'), line('bb')];
  assert.equal(beside(left, [line('cc')]).map(textOf), ['aacc', 'bb']);
});

test.run();
