/** The commands there are: light enough for a prompt that has just begun. Each one is loaded when it is first used. */
import type { AnyCommand } from './command.ts';

export const GROUPS = {
  see: 'Look',
  change: 'Change',
  measure: 'Measure',
  session: 'Session',
} as const;

export interface CommandEntry {
  readonly group: keyof typeof GROUPS;
  /** What follows its name. */
  readonly usage: string;
  /** In a line. */
  readonly about: string;
  load(): Promise<{ readonly command: AnyCommand }>;
}

export const COMMANDS = {
  status: {
    group: 'see',
    usage: '',
    about: 'instance, nodes, endpoints, backends on a screen',
    load: () => import('./status.ts'),
  },
  endpoints: {
    group: 'see',
    usage: '',
    about: 'routes, traffic, shadows, rates, latencies',
    load: () => import('./endpoints.ts'),
  },
  backends: {
    group: 'see',
    usage: '',
    about: 'replicas, rates, errors, latencies',
    load: () => import('./backends.ts'),
  },
  replicas: {
    group: 'see',
    usage: '[backend]',
    about: 'their state, where they run, queries, restarts',
    load: () => import('./replicas.ts'),
  },
  gpus: {
    group: 'see',
    usage: '',
    about: 'who holds what share of them, and who waits',
    load: () => import('./gpus.ts'),
  },
  batches: {
    group: 'see',
    usage: '[backend]',
    about: 'how full they were, of backends that take them',
    load: () => import('./batches.ts'),
  },
  events: {
    group: 'see',
    usage: '[-f] [-n count]',
    about: 'what has happened, and happens',
    load: () => import('./events.ts'),
  },
  tail: {
    group: 'see',
    usage: '[-n count] [endpoint]',
    about: 'requests as they end: where, how, how long',
    load: () => import('./tail.ts'),
  },
  why: {
    group: 'see',
    usage: '<request id>',
    about: 'where a request went, and why',
    load: () => import('./why.ts'),
  },
  logs: {
    group: 'see',
    usage: '[-f] [-n lines] [replica]',
    about: 'what the instance and its backends print',
    load: () => import('./logs.ts'),
  },
  metrics: {
    group: 'see',
    usage: '[filter]',
    about: 'what is counted, and how it was for a minute',
    load: () => import('./metrics.ts'),
  },
  traffic: {
    group: 'change',
    usage: '[endpoint [tag=weight…]]',
    about: 'how traffic is split, or splits it',
    load: () => import('./traffic.ts'),
  },
  shadow: {
    group: 'change',
    usage: '<endpoint> <tag> <proportion>',
    about: 'copies queries to a backend, unnoticed',
    load: () => import('./shadow.ts'),
  },
  scale: {
    group: 'change',
    usage: '<backend> <n>',
    about: 'how many replicas',
    load: () => import('./scale.ts'),
  },
  config: {
    group: 'change',
    usage: '<backend> [key=value…]',
    about: 'shows a config, or changes it',
    load: () => import('./config.ts'),
  },
  revisions: {
    group: 'change',
    usage: '',
    about: 'what was changed, when and by whom',
    load: () => import('./revisions.ts'),
  },
  undo: {
    group: 'change',
    usage: '',
    about: 'takes back the last change',
    load: () => import('./undo.ts'),
  },
  rollback: {
    group: 'change',
    usage: '<revision>',
    about: 'makes everything as it was then',
    load: () => import('./rollback.ts'),
  },
  time: {
    group: 'measure',
    usage: '<expression>',
    about: 'how long it takes, once',
    load: () => import('./time.ts'),
  },
  timeit: {
    group: 'measure',
    usage: '<expression> [--for 2s]',
    about: 'how long it takes, again and again',
    load: () => import('./timeit.ts'),
  },
  load: {
    group: 'measure',
    usage: '<endpoint> [--rps 200] [--for 10s] [--data json] [--http] [--path /x]',
    about: 'open-loop load, with a live latency chart',
    load: () => import('./load.ts'),
  },
  trial: {
    group: 'measure',
    usage: '<endpoint> <tag> [--count n] [--for 60s]',
    about: 'its answers compared, before it is promoted',
    load: () => import('./trial.ts'),
  },
  check: {
    group: 'session',
    usage: '[on|warn|off]',
    about: 'what is done about mistakes in types',
    load: () => import('./check.ts'),
  },
  autoreload: {
    group: 'session',
    usage: '[on|off]',
    about: 'saved files are imported again, backends updated',
    load: () => import('./autoreload.ts'),
  },
  names: {
    group: 'session',
    usage: '',
    about: 'what was defined here',
    load: () => import('./names.ts'),
  },
  history: {
    group: 'session',
    usage: '[text]',
    about: 'cells that ran, or those with this text',
    load: () => import('./history.ts'),
  },
  save: {
    group: 'session',
    usage: '<file.ts|file.ipynb> [--force]',
    about: 'the cells that ran well, as a file',
    load: () => import('./save.ts'),
  },
  open: {
    group: 'session',
    usage: '<file.ts|file.ipynb>',
    about: 'runs the cells of a file',
    load: () => import('./open.ts'),
  },
  attach: {
    group: 'session',
    usage: '<instance>',
    about: 'works on another running instance',
    load: () => import('./attach.ts'),
  },
} as const satisfies Readonly<Record<string, CommandEntry>>;
