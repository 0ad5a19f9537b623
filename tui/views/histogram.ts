/** How latencies are spread: of callers, or of a backend, waiting and work side by side. */
import type { LatencyDistribution } from '../../lib/index.ts';
import { meter } from '../frame/bars.ts';
import { type Line, type Series, span } from '../frame/line.ts';
import { panel } from '../frame/panel.ts';
import { countText } from '../frame/units.ts';
import { bucketRows } from '../model/buckets.ts';
import type { Charted } from './latency-chart.ts';
import type { Area, Scene } from './scene.ts';

interface Bars {
  readonly title: string;
  readonly tone: Series;
  readonly distribution: LatencyDistribution;
}

const LABEL_COLUMNS = 8;
const COUNT_COLUMNS = 6;

export function histogramPanel(scene: Scene, chosen: Charted | null, area: Area): Line[] {
  const { look, live } = scene;
  const title = chosen === null ? 'Histogram' : `Histogram ${chosen.name}`;
  const all = chosen === null ? [] : barsOf(chosen, scene);
  const words = (text: string): Line[] => panel({ title, ...area }, [[], [span(`  ${text}`, 'dim')]], look);
  if (chosen === null) return words('Nothing is chosen.');
  if (live.performance === null) return words('Not known yet.');
  if (all.every(({ distribution }) => distribution.count === 0)) return words('Nothing was asked of it in this time.');
  const rows = bucketRows(
    all.map(({ distribution }) => distribution.histogram),
    area.rows - 3,
  );
  const most = Math.max(1, ...rows.flatMap(({ counts }) => counts));
  const columns = Math.max(4, Math.floor((area.columns - 2 - LABEL_COLUMNS) / all.length) - COUNT_COLUMNS - 1);
  const head = [
    span(' '.repeat(LABEL_COLUMNS)),
    ...all.map(({ title: name }) => span(` ${name}`.padEnd(columns + COUNT_COLUMNS + 1), 'dim', true)),
  ];
  const lines = rows.map(
    ({ upToMs, counts }): Line => [
      span(`<=${boundText(upToMs)}`.padStart(LABEL_COLUMNS), 'dim'),
      ...all.flatMap(({ tone }, at) => countBar(counts[at] ?? 0, most, columns, tone, look)),
    ],
  );
  return panel({ title, note: 'ms, 60 s, log scale', ...area }, [head, ...lines], look);
}

function barsOf({ kind, name }: Charted, { live }: Scene): Bars[] {
  if (kind === 'endpoint') {
    const callers = live.performance?.endpoints[name]?.callers;
    return callers === undefined ? [] : [{ title: 'callers wait', tone: 'series0', distribution: callers }];
  }
  const backend = live.performance?.backends[name];
  if (backend === undefined) return [];
  return [
    { title: 'queue', tone: 'series2', distribution: backend.queue },
    { title: 'user code', tone: 'series0', distribution: backend.processing },
  ];
}

const boundText = (ms: number): string => (ms >= 100 ? ms.toFixed(0) : String(Number(ms.toPrecision(ms < 1 ? 2 : 3))));

/** Long tails are what it is looked at for: the bars grow with the logarithm. */
function countBar(count: number, most: number, columns: number, tone: Series, { glyphs }: Scene['look']): Line {
  const share = count === 0 ? 0 : Math.log(count + 1) / Math.log(most + 1);
  return [
    { text: ' ' },
    ...meter(share, columns, { ...glyphs, empty: ' ' }, tone),
    span((count === 0 ? '' : countText(count)).padStart(COUNT_COLUMNS)),
  ];
}
