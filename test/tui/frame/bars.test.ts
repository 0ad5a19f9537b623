import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sharedOut, slots, sparkline, splitBar } from '../../../tui/frame/bars.ts';
import { lineWidth, textOf } from '../../../tui/frame/line.ts';
import { ASCII, UNICODE } from '../../../tui/frame/look.ts';

const test = suite('bars');

const partsOf = (...shares: readonly number[]) =>
  shares.map((share, at) => ({ share, fill: 'abc'[at] ?? 'x', tone: 'ok' as const }));

test('a split of 80 and 20 fills a bar of ten as eight and two', () => {
  assert.is(textOf(splitBar(partsOf(0.8, 0.2), 10, '.')), 'aaaaaaaabb');
});

test('one percent is seen', () => {
  assert.is(textOf(splitBar(partsOf(0.99, 0.01), 10, '.')), 'aaaaaaaaab');
});

test('thirds leave no gap', () => {
  assert.is(textOf(splitBar(partsOf(1 / 3, 1 / 3, 1 / 3), 10, '.')).includes('.'), false);
});

test('what is not given out stays empty', () => {
  assert.is(textOf(splitBar(partsOf(0.25), 8, '.')), 'aa......');
});

test('a bar of any shares is as wide as it was asked to be', () => {
  const shares = fc.array(fc.double({ min: 0, max: 2, noNaN: true }), { maxLength: 8 });
  fc.assert(
    fc.property(shares, fc.integer({ min: 0, max: 50 }), (given, columns) => {
      const bar = splitBar(
        given.map((share) => ({ share, fill: '#', tone: 'ok' as const })),
        columns,
        '.',
      );
      assert.is(lineWidth(bar), columns);
    }),
  );
});

test('shares of more than the whole have the columns that there are', () => {
  assert.equal(sharedOut([3, 2], 10), [6, 4]);
});

test('slots show the limit, and that one is used when one of many is', () => {
  assert.is(slots(6, 8, 4, UNICODE), '▮▮▮▯');
  assert.is(slots(1, 100, 4, UNICODE), '▮▯▯▯');
  assert.is(slots(0, 8, 4, ASCII), '----');
  assert.is(slots(9, 8, 4, ASCII), '####');
});

test('a sparkline shows the newest values, with a gap where nothing was known', () => {
  assert.is(sparkline([0, 7, null, 14], 4, UNICODE), '▁▅ █');
  assert.is(sparkline([1, 2, 3], 2, UNICODE), '▆█');
  assert.is(sparkline([5], 3, ASCII), '  #');
  assert.is(sparkline([0, 0], 2, UNICODE), '▁▁');
});

test.run();
