import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as units from '../../../tui/frame/units.ts';

const test = suite('units');

const cases: readonly (readonly [title: string, shown: string, wanted: string])[] = [
  ['a duration below a minute', units.durationText(59_999), '59s'],
  ['a duration of minutes', units.durationText(95_000), '1m35s'],
  ['a duration of hours', units.durationText(8_040_000), '2h14m'],
  ['a duration of days', units.durationText(3 * 86_400_000 + 4 * 3_600_000), '3d04h'],
  ['a duration that a clock set back made negative', units.durationText(-5), '0s'],
  ['a latency below 1 ms', units.latencyText(0.4), '0.40ms'],
  ['a latency with a digit', units.latencyText(63.34), '63.3ms'],
  ['a latency of seconds, still in ms', units.latencyText(1_234), '1234ms'],
  ['a latency of many seconds', units.latencyText(12_340), '12.3s'],
  ['a latency that there is not', units.latencyText(null), '-'],
  ['no rate', units.rateText(0), '0'],
  ['a small rate', units.rateText(0.42), '0.4'],
  ['a large rate', units.rateText(12_340), '12.3k'],
  ['a very large rate', units.rateText(999_600), '1M'],
  ['a share that would be rounded to nothing', units.percentText(0.0001), '<0.1%'],
  ['a share that would be rounded to everything', units.percentText(0.9999), '99.9%'],
  ['all of it', units.percentText(1), '100%'],
  ['a share with a digit', units.percentText(0.125), '12.5%'],
  ['bytes', units.bytesText(1.5 * 2 ** 30), '1.5G'],
  ['few bytes', units.bytesText(512 * 2 ** 20), '512M'],
  ['an amount that floating point spoils', units.amountText(0.1 + 0.2), '0.3'],
  ['a window of seconds', units.windowText(60), '60 s'],
  ['a window of minutes', units.windowText(900), '15 min'],
];

for (const [title, shown, wanted] of cases) {
  test(`${title} is shown as ${wanted}`, () => {
    assert.is(shown, wanted);
  });
}

test('the columns of a rate have room for the widest one', () => {
  for (let rate = 0.05; rate < 1e9; rate *= 1.1) assert.ok(units.rateText(rate).length <= 5, units.rateText(rate));
});

test.run();
