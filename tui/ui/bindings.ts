/** Every key, once: what it does, and what help and footer say of it. */
import { neighbour } from '../model/sort.ts';
import { shownEvents } from '../views/events.ts';
import { moved } from '../views/list.ts';
import { shownLog } from '../views/log.ts';
import { ENDPOINT_COLUMNS } from '../views/overview.ts';
import { REPLICA_COLUMNS } from '../views/replicas.ts';
import { changeBindings } from './change-bindings.ts';
import { type Context, rowIds, type Step, subject, subjectBackend } from './context.ts';
import { movedInPictures, newestPicture } from './picture-moves.ts';
import { SCREEN_BINDINGS } from './screen-bindings.ts';
import { PERIODS_MS, type Ui, VIEWS, type View, WINDOWS } from './ui.ts';

export type Group = 'Go' | 'List' | 'Look' | 'Change' | 'Screen';

export interface Binding {
  /** As `keyOf` names them. */
  readonly keys: readonly string[];
  /** As they are shown. */
  readonly shown: string;
  readonly about: string;
  /** For the footer, where there is room; none: in the help only. */
  readonly short?: string;
  readonly group: Group;
  /** Default: everywhere. */
  readonly isFor?: (context: Context) => boolean;
  readonly press: (context: Context, key: string) => Step;
}

const SORTED = { overview: ENDPOINT_COLUMNS, replicas: REPLICA_COLUMNS } as const;

const isList = ({ ui }: Context): boolean => ui.detail === null && !['events', 'log', 'pictures'].includes(ui.view);
const isEvents = ({ ui }: Context): boolean => ui.detail === null && ui.view === 'events';
const isSorted = ({ ui }: Context): boolean => ui.detail === null && ui.view in SORTED;

export const BINDINGS: readonly Binding[] = [
  {
    ...{
      keys: ['1', '2', '3', '4', '5', '6', '7'],
      shown: '1-7',
      about: 'Overview, Replicas, GPUs, Latency, Events, Log, Pictures',
      short: 'views',
      group: 'Go',
    },
    press: ({ ui }, key) => ({ ui: goTo(ui, VIEWS[Number(key) - 1] ?? ui.view) }),
  },
  {
    keys: ['tab'],
    shown: 'Tab',
    about: 'the next view',
    group: 'Go',
    press: ({ ui }) => ({ ui: goTo(ui, nextView(ui, 1)) }),
  },
  {
    keys: ['shift+tab'],
    shown: 'Shift+Tab',
    about: 'the view before',
    group: 'Go',
    press: ({ ui }) => ({ ui: goTo(ui, nextView(ui, -1)) }),
  },
  {
    ...{ keys: ['enter'], shown: 'Enter', about: 'opens what is selected', short: 'open', group: 'Go', isFor: isList },
    press: (context) => ({ ui: opened(context) }),
  },
  {
    ...{ keys: ['b'], shown: 'b', about: 'opens the backend of what is selected', group: 'Go' },
    isFor: (context) => subjectBackend(context) !== null,
    press: (context) => {
      const name = subjectBackend(context);
      return { ui: name === null ? context.ui : { ...context.ui, detail: { kind: 'backend', name } } };
    },
  },
  {
    keys: ['escape', 'backspace'],
    shown: 'Esc',
    about: 'goes back; clears the filter',
    group: 'Go',
    press: ({ ui }) => ({ ui: back(ui) }),
  },
  {
    ...{ keys: ['q'], shown: 'q', about: 'goes back; at the top quits', short: 'quit', group: 'Go' },
    press: ({ ui }) => (ui.detail !== null ? { ui: { ...ui, detail: null } } : { ui, effect: { type: 'quit' } }),
  },
  {
    keys: ['ctrl+c'],
    shown: 'Ctrl+C',
    about: 'quits, wherever one is',
    group: 'Go',
    press: ({ ui }) => ({ ui, effect: { type: 'quit' } }),
  },

  move(['up', 'k'], '↑ k', 'a row up', -1),
  move(['down', 'j'], '↓ j', 'a row down', 1),
  move(['pageup', 'ctrl+b'], 'PgUp', 'a page up', 'page up'),
  move(['pagedown', 'ctrl+f'], 'PgDn', 'a page down', 'page down'),
  move(['home', 'g'], 'g Home', 'the first row', Number.NEGATIVE_INFINITY),
  move(['end', 'G'], 'G End', 'the last row', Number.POSITIVE_INFINITY),
  {
    ...{
      keys: ['/'],
      shown: '/',
      about: 'filters: text !text field:text field>number',
      short: 'filter',
      group: 'List',
    },
    isFor: ({ ui }) => ui.detail === null,
    press: ({ ui }) => {
      const text = ui.filters[ui.view] ?? '';
      return { ui: { ...ui, typing: { kind: 'filter', text, before: text } } };
    },
  },
  {
    keys: ['<'],
    shown: '<',
    about: 'sorts by the column to the left',
    group: 'List',
    isFor: isSorted,
    press: (context) => ({ ui: sortedBy(context.ui, -1) }),
  },
  {
    keys: ['>'],
    shown: '>',
    about: 'sorts by the column to the right',
    short: 'sort',
    group: 'List',
    isFor: isSorted,
    press: (context) => ({ ui: sortedBy(context.ui, 1) }),
  },
  {
    keys: ['o'],
    shown: 'o',
    about: 'turns the order round',
    group: 'List',
    isFor: isSorted,
    press: ({ ui }) => ({ ui: reversed(ui) }),
  },
  {
    ...{
      keys: ['e'],
      shown: 'e',
      about: 'only events of a higher level',
      short: 'level',
      group: 'List',
      isFor: isEvents,
    },
    press: ({ ui }) => ({
      ui: { ...ui, scrolled: 0, level: ui.level === 'info' ? 'warning' : ui.level === 'warning' ? 'error' : 'info' },
    }),
  },

  {
    ...{
      keys: [' '],
      shown: 'Space',
      about: 'freezes what is shown; once more: goes on',
      short: 'freeze',
      group: 'Look',
    },
    press: ({ ui, now, log, pictures, time }) => ({
      ui: {
        ...ui,
        frozen: ui.frozen === null && now.status !== null ? { ...now, log, pictures, since: time } : null,
      },
    }),
  },
  {
    keys: ['['],
    shown: '[',
    about: 'a shorter time window',
    group: 'Look',
    press: ({ ui }) => ({ ui: windowed(ui, -1) }),
  },
  {
    keys: [']'],
    shown: ']',
    about: 'a longer time window',
    group: 'Look',
    press: ({ ui }) => ({ ui: windowed(ui, 1) }),
  },
  {
    keys: ['z'],
    shown: 'z',
    about: 'charts on or off',
    group: 'Look',
    press: ({ ui }) => ({ ui: { ...ui, areChartsShown: !ui.areChartsShown } }),
  },
  { keys: ['+'], shown: '+', about: 'looks more often', group: 'Look', press: ({ ui }) => ({ ui: paced(ui, -1) }) },
  { keys: ['-'], shown: '-', about: 'looks less often', group: 'Look', press: ({ ui }) => ({ ui: paced(ui, 1) }) },
  {
    keys: ['l'],
    shown: 'l',
    about: 'what the selected replica or backend prints',
    group: 'Look',
    press: (context) => ({ ui: atLog(context) }),
  },
  {
    keys: ['L'],
    shown: 'L',
    about: 'the whole log, in a pager',
    group: 'Look',
    press: ({ ui }) => ({ ui, effect: { type: 'pager' } }),
  },

  ...changeBindings(),

  ...SCREEN_BINDINGS,
];

export const bindingOf = (key: string, context: Context): Binding | undefined =>
  BINDINGS.find(({ keys, isFor }) => keys.includes(key) && (isFor === undefined || isFor(context)));

const goTo = (ui: Ui, view: View): Ui => ({ ...ui, view, detail: null, scrolled: 0 });

const nextView = ({ view }: Ui, step: 1 | -1): View =>
  VIEWS[(VIEWS.indexOf(view) + step + VIEWS.length) % VIEWS.length] ?? view;

function opened(context: Context): Ui {
  const { ui } = context;
  if (ui.view === 'gpus') {
    const index = ui.selected.gpus?.split('/').at(-1);
    return index === undefined ? ui : { ...goTo(ui, 'replicas'), filters: { ...ui.filters, replicas: `gpu:${index}` } };
  }
  return { ...ui, detail: subject(context) };
}

/** Of nothing that prints: all of it. */
function atLog(context: Context): Ui {
  const { ui } = context;
  const found = subject(context);
  const name = found?.kind === 'replica' ? found.name : subjectBackend(context);
  const log = name === null ? (ui.filters.log ?? '') : `replica:${name}`;
  return { ...goTo(ui, 'log'), filters: { ...ui.filters, log } };
}

function back(ui: Ui): Ui {
  if (ui.detail !== null) return { ...ui, detail: null };
  const unfiltered = { ...ui, filters: { ...ui.filters, [ui.view]: '' }, scrolled: 0 };
  return ui.view === 'pictures' ? newestPicture(unfiltered) : unfiltered;
}

type Distance = number | 'page up' | 'page down';

function move(keys: readonly string[], shown: string, about: string, distance: Distance): Binding {
  return {
    ...{ keys, shown, about, group: 'List' },
    press: (context) => ({ ui: movedBy(context, distance) }),
  };
}

/** The selection, or where there is none, what is seen. */
export function movedBy(context: Context, distance: Distance): Ui {
  const { ui, pageRows } = context;
  const step = distance === 'page up' ? -pageRows : distance === 'page down' ? pageRows : distance;
  if (ui.detail !== null) return ui;
  if (ui.view === 'pictures') return movedInPictures(context, distance);
  if (ui.view === 'events' || ui.view === 'log') {
    const numLines = (ui.view === 'events' ? shownEvents(context) : shownLog(context)).length;
    // They have no head, which is one line more; behind the oldest there is nothing to go to.
    const most = Math.max(0, numLines - pageRows - 1);
    return { ...ui, scrolled: Math.max(0, Math.min(most, ui.scrolled - step)) };
  }
  const selected =
    ui.view === 'overview' || ui.view === 'latency'
      ? (ui.selected[ui.view] ?? rowIds(context, ui.view)[0])
      : ui.selected[ui.view];
  const next = moved(rowIds(context, ui.view), selected, step);
  return next === undefined ? ui : { ...ui, selected: { ...ui.selected, [ui.view]: next } };
}

function sortedBy(ui: Ui, step: 1 | -1): Ui {
  if (ui.view !== 'overview' && ui.view !== 'replicas') return ui;
  const sort = ui.sorts[ui.view];
  return { ...ui, sorts: { ...ui.sorts, [ui.view]: { ...sort, by: neighbour(SORTED[ui.view], sort.by, step) } } };
}

function reversed(ui: Ui): Ui {
  if (ui.view !== 'overview' && ui.view !== 'replicas') return ui;
  const sort = ui.sorts[ui.view];
  return { ...ui, sorts: { ...ui.sorts, [ui.view]: { ...sort, reversed: !sort.reversed } } };
}

const windowed = (ui: Ui, step: 1 | -1): Ui => ({ ...ui, windowSeconds: stepped(WINDOWS, ui.windowSeconds, step) });

const paced = (ui: Ui, step: 1 | -1): Ui => ({ ...ui, periodMs: stepped(PERIODS_MS, ui.periodMs, step) });

function stepped(values: readonly number[], value: number, step: 1 | -1): number {
  const at = values.indexOf(value) + step;
  return values[Math.max(0, Math.min(values.length - 1, at))] ?? value;
}
