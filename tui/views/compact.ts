/** Where there is no room for panels: the state, and a line for each endpoint. A small terminal is no reason to refuse. */
import { type Line, line, span } from '../frame/line.ts';
import { block } from '../frame/panel.ts';
import { latencyText, percentText, rateText } from '../frame/units.ts';
import { fit } from '../frame/width.ts';
import { endpointRows } from '../model/rows.ts';
import { errorTone, statePill } from './header.ts';
import type { Scene } from './scene.ts';

export function compactView(scene: Scene): Line[] {
  const { columns, rows, live, look, name } = scene;
  const head = line(' ', statePill(scene), `  ${live.status?.instance.name ?? name}`);
  if (rows < 4 || columns < 20) return block([head], columns, rows, look);
  const endpoints = live.status === null ? [] : endpointRows(live.status);
  const shown = endpoints.slice(0, rows - 2).map(({ name: endpoint, stats }): Line => {
    const errors = stats.rate > 0 ? stats.errorRate / stats.rate : 0;
    const width = Math.max(6, columns - 26);
    return [
      { text: `${fit(endpoint, width, 'left', look.glyphs.mark)} ${rateText(stats.rate).padStart(5)}/s ` },
      span(percentText(errors).padStart(5), errorTone(errors)),
      { text: ` ${latencyText(stats.p99Ms).padStart(7)}` },
    ];
  });
  const foot = line(span(`${columns}x${rows}: 60x14 shows more   q quit`, 'dim'));
  const body = block(shown, columns, rows - 2, look);
  return [...block([head], columns, 1, look), ...body, ...block([foot], columns, 1, look)];
}
