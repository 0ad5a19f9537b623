import type { LinesPlot, Series } from './figure.ts';

/** More points than a picture has pixels for. */
const MOST_POINTS = 1500;
const BUCKETS = 300;

/** Of so many points those that are seen: of neighbours the least and the largest of each line, and where it has gaps. */
export function thinned(plot: LinesPlot): LinesPlot {
  const { x, series } = plot;
  const count = x.values.length;
  if (count <= MOST_POINTS) return plot;
  const kept = new Set([0, count - 1]);
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const from = Math.floor((bucket * count) / BUCKETS);
    const to = Math.floor(((bucket + 1) * count) / BUCKETS);
    for (const one of series) for (const at of extremesOf(one, from, to)) kept.add(at);
  }
  const order = [...kept].sort((a, b) => a - b);
  const pick = <T>(values: readonly T[]): T[] => order.flatMap((at) => values.slice(at, at + 1));
  const values =
    x.type === 'texts' ? { type: x.type, values: pick(x.values) } : { type: x.type, values: pick(x.values) };
  return {
    ...plot,
    x: { name: x.name, unit: x.unit, span: x.span, ...values },
    series: series.map((one) => ({ ...one, values: pick(one.values) })),
  };
}

function extremesOf({ values }: Series, from: number, to: number): readonly number[] {
  let [least, most, gap] = [-1, -1, -1];
  for (let at = from; at < to; at++) {
    const value = values[at] ?? null;
    if (value === null) gap = at;
    else {
      if (least < 0 || value < (values[least] ?? 0)) least = at;
      if (most < 0 || value > (values[most] ?? 0)) most = at;
    }
  }
  return [least, most, gap].filter((at) => at >= 0);
}
