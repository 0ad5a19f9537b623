import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RecentCounts } from '../../lib/telemetry/recent-counts.ts';

const test = suite('recent counts');

test('what came in the last twelve slices of 5 s counts, and nothing else', () => {
  const times = fc.array(fc.integer({ min: 0, max: 300_000 }), { maxLength: 60 });
  fc.assert(
    fc.property(times, fc.integer({ min: 0, max: 100_000 }), (unsorted, later) => {
      const sorted = unsorted.toSorted((a, b) => a - b);
      const counts = new RecentCounts();
      for (const at of sorted) counts.add(2, at);
      const now = (sorted.at(-1) ?? 0) + later;
      const first = (Math.floor(now / 5_000) - 11) * 5_000;
      assert.is(counts.total(now), 2 * sorted.filter((at) => at >= first).length);
    }),
  );
});

test.run();
