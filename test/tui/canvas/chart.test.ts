import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ChartGiven, Charts } from '../../../tui/canvas/chart.ts';
import { columnChart } from '../../../tui/canvas/column-chart.ts';
import { grouped } from '../../../tui/canvas/columns.ts';
import { lineWidth, textOf } from '../../../tui/frame/line.ts';
import { ASCII } from '../../../tui/frame/look.ts';

const test = suite('chart');

const given = (columns: number, rows: number, values: readonly (number | null)[] = [1, 4, 9, 16, 25]): ChartGiven => ({
  ...{ columns, rows, labels: values.map((_, at) => `${at}`) },
  series: [
    { title: 'p50', tone: 'series0', values },
    { title: 'p99', tone: 'series3', values: values.map((value) => (value === null ? null : value * 2)) },
  ],
});

/** A test with charts, whose canvases are gone afterwards. */
const withCharts = (run: (charts: Charts) => void) => (): void => {
  const charts = new Charts();
  try {
    run(charts);
  } finally {
    charts.dispose();
  }
};

test(
  'a chart has the size that was asked for, and its lines the tones of their series',
  withCharts((charts) => {
    const lines = charts.draw(given(50, 12));
    assert.is(lines.length, 12);
    assert.ok(lines.every((line) => lineWidth(line) <= 50));
    const tones = new Set(
      lines.flatMap((line) => line.filter(({ text }) => /[\u2801-\u28ff]/.test(text)).map(({ tone }) => tone)),
    );
    assert.ok(tones.has('series0') && tones.has('series3'), [...tones].join());
  }),
);

test(
  'gaps, nothing at all, zeros and huge values are drawn, and at every size',
  withCharts((charts) => {
    for (const values of [[null, null], [], [0, 0, 0], [1e12, 1], [3], [1, null, 2]] as const) {
      for (const [columns, rows] of [
        [1, 1],
        [5, 3],
        [16, 6],
        [40, 10],
        [118, 33],
      ] as const) {
        const lines = charts.draw(given(columns, rows, values));
        assert.is(lines.length, rows);
        assert.ok(lines.every((line) => lineWidth(line) <= columns));
      }
    }
  }),
);

test(
  'with charts on their canvases signals end the process as before',
  withCharts((charts) => {
    const before = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'uncaughtException'].map((event) => process.listenerCount(event));
    charts.draw(given(40, 10));
    charts.draw(given(60, 12));
    const after = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'uncaughtException'].map((event) => process.listenerCount(event));
    assert.equal(after, before);
  }),
);

test(
  'however many sizes were drawn, what was drawn before is drawn again',
  withCharts((charts) => {
    const first = charts.draw(given(40, 10)).map(textOf);
    for (let columns = 41; columns < 80; columns++) charts.draw(given(columns, 10));
    assert.equal(charts.draw(given(40, 10)).map(textOf), first);
  }),
);

test('columns stand for values where there is no room for lines, in ASCII, too', () => {
  const [top = '', bottom = ''] = columnChart(given(11, 2), ASCII).map(textOf);
  assert.match(top, /^ {3}50 .*#$/);
  assert.match(bottom, /^ {4}0 .*##$/);
  assert.match(columnChart(given(11, 3), ASCII).map(textOf).join('\n'), /^[\x20-\x7e\n]*$/);
});

test('of neighbours that share a column the largest is seen', () => {
  assert.equal(grouped([1, 9, null, null, 2, 3], 3), [9, null, 3]);
  assert.equal(grouped([1, 2], 5), [1, 2]);
});

test.run();
