/** Everything that a screen is drawn from. Drawing is pure: the same scene is the same screen. */
import type { DrawChart } from '../canvas/chart.ts';
import type { Look } from '../frame/look.ts';
import type { Live } from '../model/live.ts';
import type { LogLines } from '../model/log.ts';
import type { Pictures } from '../model/pictures.ts';
import type { SeriesStore } from '../model/series.ts';
import type { Ui } from '../ui/ui.ts';

export interface Scene {
  /** Of the instance that is looked for. */
  readonly name: string;
  readonly live: Live;
  readonly log: LogLines;
  readonly pictures: Pictures;
  readonly series: SeriesStore;
  readonly ui: Ui;
  readonly look: Look;
  /** In ms. */
  readonly now: number;
  readonly columns: number;
  readonly rows: number;
  readonly drawChart: DrawChart;
  /** Why nothing can be changed here; null: it can. */
  readonly readonlyReason: string | null;
}

/** What there is room for. */
export type Size = 'state' | 'compact' | 'narrow' | 'wide';

export function sizeOf({ columns, rows }: Pick<Scene, 'columns' | 'rows'>): Size {
  if (columns < 20 || rows < 4) return 'state';
  if (columns < 60 || rows < 14) return 'compact';
  return columns >= 110 && rows >= 30 ? 'wide' : 'narrow';
}

export interface Area {
  readonly columns: number;
  readonly rows: number;
}
