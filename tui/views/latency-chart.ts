import type { ChartSeries } from '../canvas/chart.ts';
import { grouped } from '../canvas/columns.ts';
import { type Line, span } from '../frame/line.ts';
import { panel } from '../frame/panel.ts';
import { durationText, windowText } from '../frame/units.ts';
import type { Field, Kind } from '../model/series.ts';
import type { Area, Scene } from './scene.ts';

export interface Charted {
  readonly kind: Kind;
  readonly name: string;
}

const PERCENTILES: readonly { readonly field: Field; readonly title: string; readonly tone: ChartSeries['tone'] }[] = [
  { field: 'p50Ms', title: 'p50', tone: 'series0' },
  { field: 'p95Ms', title: 'p95', tone: 'series1' },
  { field: 'p99Ms', title: 'p99', tone: 'series3' },
];

/** Percentiles of the last minute at each moment of the window. */
export function latencyPanel(scene: Scene, charted: Charted | null, area: Area): Line[] {
  const { ui, look, series, drawChart } = scene;
  const [columns, rows] = [area.columns - 2, area.rows - 3];
  const title = charted === null ? 'Latency' : `Latency ${charted.name} (ms)`;
  const note = `${windowText(ui.windowSeconds)}  [ ] change`;
  if (charted === null || rows < 2 || columns < 10) return panel({ title, ...area }, [], look);
  const points = Math.max(2, Math.min(ui.windowSeconds, columns * 2));
  const shown = PERCENTILES.map(({ field, ...rest }) => ({
    ...rest,
    values: grouped(series.values(charted.kind, charted.name, field, ui.windowSeconds), points),
  }));
  if (shown.every(({ values }) => values.every((value) => value === null))) {
    return panel({ title, note, ...area }, [[], [span('  Nothing was asked of it in this time.', 'dim')]], look);
  }
  const labels = Array.from({ length: points }, (_, at) => {
    const secondsAgo = Math.round(((points - 1 - at) / points) * ui.windowSeconds);
    return secondsAgo === 0 ? 'now' : `-${durationText(secondsAgo * 1_000)}`;
  });
  const legend = PERCENTILES.flatMap(({ title: name, tone }) => [span(` ${look.glyphs.full} `, tone), span(name)]);
  return panel({ title, note, ...area }, [legend, ...drawChart({ series: shown, labels, columns, rows })], look);
}
