import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { metricsOf, metricsText } from '../../../repl/commands/metrics.ts';
import { readPrometheus } from '../../../repl/commands/prometheus-text.ts';
import { widthOf } from '../../../repl/display/width.ts';

const test = suite('metrics of commands');

const page = (requests: number, queued: number, count: number, sum: number): string => `# HELP requests How many.
# TYPE requests counter
requests{backend="m",path="a \\"b\\" {c}"} ${requests}

# TYPE queued gauge
queued ${queued}
# TYPE took_ms histogram
took_ms_bucket{le="1",backend="m"} 1
took_ms_bucket{le="+Inf",backend="m"} ${count}
took_ms_sum{backend="m"} ${sum}
took_ms_count{backend="m"} ${count}
# a comment
nonsense
`;

const samples = (...pages: readonly string[]) =>
  pages.map((text, at) => ({ atMs: at * 2000, series: readPrometheus(text) }));

test('a page is read: names, labels, types, without buckets', () => {
  assert.equal(
    readPrometheus(page(5, 2, 3, 12.5)).map(({ name, family, type, value }) => [name, family, type, value]),
    [
      ['requests', 'requests', 'counter', 5],
      ['queued', 'queued', 'gauge', 2],
      ['took_ms_sum', 'took_ms', 'histogram', 12.5],
      ['took_ms_count', 'took_ms', 'histogram', 3],
    ],
  );
  assert.is(readPrometheus(page(5, 2, 3, 1))[0]?.labels, '{backend="m",path="a \\"b\\" {c}"}');
});

test('what counts has rates, a gauge its values, a histogram the mean of what came last', () => {
  const [requests, queued, took] = metricsOf(samples(page(0, 1, 0, 0), page(10, 5, 2, 20), page(10, 3, 6, 60)));
  assert.equal(requests?.past, [5, 0]);
  assert.is(requests?.rate, 0);
  assert.is(requests?.value, 10);
  assert.equal(queued?.past, [1, 5, 3]);
  assert.is(queued?.rate, null);
  assert.equal(took?.past, [1, 2]);
  assert.is(took?.mean, 10);
  assert.is(took?.value, 6);
});

test('a counter that begins anew has no negative rate, and one that is new had counted nothing', () => {
  const [requests] = metricsOf(samples(page(100, 0, 0, 0), page(4, 0, 0, 0)));
  assert.equal(requests?.past, [2]);
  const [fresh] = metricsOf([{ atMs: 0, series: [] }, ...samples('', page(6, 0, 0, 0)).slice(1)]);
  assert.equal(fresh?.past, [3]);
});

test('they fit the screen', () => {
  const many = Array.from({ length: 31 }, (_, i) => page(i * 1000, i, i * 10, i * 100));
  for (const columns of [60, 80, 120]) {
    const text = metricsText(metricsOf(samples(...many)), { colors: false, columns });
    for (const line of text.split('\n')) assert.ok(widthOf(line) <= columns, line);
    assert.match(text, /requests {2}counter\n.* 30000 +500\/s +[▁█]+\n/);
  }
});

test.run();
