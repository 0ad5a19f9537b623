/** What the user looks at and has typed: all of the screen that does not come from the instance. Never changed in place. */

import type { Plan } from '../actions/plan.ts';
import type { Theme } from '../frame/look.ts';
import type { Live } from '../model/live.ts';
import type { LogLines } from '../model/log.ts';
import type { Pictures } from '../model/pictures.ts';
import type { Sort } from '../model/sort.ts';

export const VIEWS = ['overview', 'replicas', 'gpus', 'latency', 'events', 'log', 'pictures'] as const;
export type View = (typeof VIEWS)[number];

export const VIEW_NAMES: Readonly<Record<View, string>> = {
  overview: 'Overview',
  replicas: 'Replicas',
  gpus: 'GPUs',
  latency: 'Latency',
  events: 'Events',
  log: 'Log',
  pictures: 'Pictures',
};

/** One thing, on a page of its own. */
export interface Detail {
  readonly kind: 'endpoint' | 'backend' | 'replica';
  readonly name: string;
}

/** A line that is being typed: it owns the keyboard. */
export type Typing =
  /** `before`: what Esc goes back to. */
  | { readonly kind: 'filter'; readonly text: string; readonly before: string }
  /** `recalled`: how many commands back in the history. `chosen`: of the completions, by Tab. */
  | { readonly kind: 'command'; readonly text: string; readonly recalled: number };

/** Something that is to be confirmed. It is bound to the names in its plan, whatever moves meanwhile. */
export interface Asking {
  readonly plan: Plan;
  /** What has been typed of what is wanted. */
  readonly typed: string;
}

export interface Notice {
  readonly text: string;
  readonly tone: 'ok' | 'warn' | 'bad' | 'info';
  /** In ms of the clock. */
  readonly until: number;
}

/** What may be taken back, while nobody else has changed anything. */
export interface Undoable {
  /** The revision at which it was the last change. */
  readonly at: number;
  /** The one that it is to go back to. */
  readonly back: number;
  readonly summary: string;
  /** When the instance began whose revisions these are. */
  readonly startedAt: string;
}

/** Something that was to be done and went wrong, to be read in peace. */
export interface Failure {
  readonly title: string;
  readonly text: string;
}

/** Work under way. Times in ms of the clock. */
export interface Busy {
  readonly title: string;
  readonly since: number;
}

/** What is shown instead of what is. `since`: in ms of the clock. */
export interface Frozen extends Live {
  readonly log: LogLines;
  readonly pictures: Pictures;
  readonly since: number;
}

export interface Ui {
  readonly view: View;
  readonly detail: Detail | null;
  /** Ids of rows. */
  readonly selected: Readonly<Partial<Record<View, string>>>;
  readonly filters: Readonly<Partial<Record<View, string>>>;
  readonly sorts: Readonly<Record<'overview' | 'replicas', Sort>>;
  readonly typing: Typing | null;
  readonly asking: Asking | null;
  readonly isHelpShown: boolean;
  /** How far help, events and log have been scrolled, in rows; of the latter two, up from the newest. */
  readonly scrolled: number;
  readonly frozen: Frozen | null;
  /** Of charts, in seconds. */
  readonly windowSeconds: number;
  readonly periodMs: number;
  readonly areChartsShown: boolean;
  readonly isMouseOn: boolean;
  /** Of events: those of this level and above. */
  readonly level: 'info' | 'warning' | 'error';
  readonly commands: readonly string[];
  readonly notice: Notice | null;
  /** Oldest first: the last may be taken back, then the one before it. */
  readonly undoables: readonly Undoable[];
  readonly failure: Failure | null;
  /** Null: as the terminal tells. */
  readonly theme: Theme | null;
  readonly busy: Busy | null;
}

export const WINDOWS = [30, 60, 300, 900] as const;
export const PERIODS_MS = [250, 500, 1_000, 2_000, 5_000] as const;

/** How long a notice stays, in ms. */
const NOTICE_MS = 8_000;

/** `now` in ms of the clock. */
export const noticed = (ui: Ui, text: string, tone: Notice['tone'], now: number): Ui => ({
  ...ui,
  notice: { text: text.replaceAll('\n', ' '), tone, until: now + NOTICE_MS },
});

export const INITIAL: Ui = {
  view: 'overview',
  detail: null,
  selected: {},
  filters: {},
  sorts: { overview: { by: '', reversed: false }, replicas: { by: 'state', reversed: false } },
  typing: null,
  asking: null,
  isHelpShown: false,
  scrolled: 0,
  frozen: null,
  windowSeconds: 60,
  periodMs: 250,
  areChartsShown: true,
  isMouseOn: false,
  level: 'info',
  commands: [],
  notice: null,
  undoables: [],
  failure: null,
  theme: null,
  busy: null,
};
