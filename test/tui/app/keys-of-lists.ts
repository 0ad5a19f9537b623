/** Keys of what has rows: where one is among them, which of them are shown, and in which order. */
import type { ServeEvent } from 'servelab';
import * as assert from 'uvu/assert';
import type { Ui } from '../../../tui/ui/ui.ts';
import { backendOf, replicaOf, STARTED, statsOf, statusOf } from '../fixture.ts';
import type { KeyCase } from '../key-case.ts';
import { onScreen } from '../on-screen.ts';
import type { KeyTest } from './keys-of-views.ts';

/** Of 30 rows, 23 are rows of a list. */
const MANY = statusOf({
  backends: { many: backendOf(200, 200, statsOf(0)) },
  replicas: Array.from({ length: 200 }, (_, at) => replicaOf(`many#${at + 1}`)),
});

/** Events and log have a row more: no head. */
const LINES = Array.from({ length: 60 }, (_, at) => `line ${at + 1}`);
const PAST = LINES.map(
  (message): ServeEvent => ({
    ...{ type: 'replica.started', at: STARTED, message, backend: 'resnet:v1', replica: 'resnet:v1#1' },
  }),
);

const ofMany = (selected: number, to: number): KeyCase => ({
  ui: { view: 'replicas', selected: { replicas: `many#${selected}` } },
  status: MANY,
  from: new RegExp(`▌● RUNNING {2}many#${selected} `),
  to: new RegExp(`▌● RUNNING {2}many#${to} `),
});

/** How many lines below what is shown there are. */
const ofLines = (before: number, after: number): KeyCase[] =>
  (['events', 'log'] as const).map((view) => ({
    ui: { view, scrolled: before },
    past: PAST,
    log: LINES,
    from: newer(before),
    to: newer(after),
  }));

const newer = (lines: number): RegExp =>
  new RegExp(`${lines === 0 ? 'following' : ` ${lines} newer`}[\\s\\S]*line ${60 - lines} *│\\n╰`);

const up: readonly KeyCase[] = [
  { ui: { selected: { overview: 'summarize' } }, from: /▌summarize/, to: /▌classify/ },
  { ui: { view: 'latency', selected: { latency: 'endpoint summarize' } }, from: /▌summarize/, to: /▌classify/ },
  { ui: { view: 'gpus', selected: { gpus: 'head/1' } }, from: /▌GPU 1/, to: /▌GPU 0/ },
  ofMany(100, 99),
  ...ofLines(0, 1),
  ...ofLines(10, 11),
];

const down: readonly KeyCase[] = [
  { from: /▌classify/, to: /▌summarize/ },
  { ui: { view: 'latency' }, from: /▌classify/, to: /▌summarize/ },
  { ui: { view: 'gpus' }, from: /GPU 0/, to: /▌GPU 0/ },
  ofMany(100, 101),
  ...ofLines(1, 0),
  ...ofLines(10, 9),
];

const pageUp = [ofMany(100, 77), ofMany(10, 1), ...ofLines(0, 23), ...ofLines(23, 36)];
const pageDown = [ofMany(100, 123), ofMany(190, 200), ...ofLines(30, 7), ...ofLines(7, 0)];
const first = [ofMany(100, 1), ...ofLines(0, 36), ...ofLines(0, 35).map((one) => ({ ...one, followedBy: 'j' }))];
const last = [ofMany(100, 200), ...ofLines(30, 0)];

const filtered = (followedBy: string, to: RegExp, ui: Partial<Ui> = {}): KeyCase => ({ ui, followedBy, to });

/** The columns that it is sorted by, one key after the other, as they stand on the screen. */
const sortsBy =
  (view: 'overview' | 'replicas', columns: readonly string[]): KeyTest =>
  (bytes) =>
  () =>
    onScreen(
      async ({ terminal }) => {
        await terminal.shows(/LIVE/);
        for (const column of columns) {
          assert.not.ok(terminal.page().includes(`${column}▼`), column);
          terminal.type(bytes);
          const page = await terminal.shows((one) => one.includes(`${column}▼`));
          assert.is(page.split('▼').length, 2, page);
        }
      },
      { columns: 140, ui: { view } },
    )();

const OF_ENDPOINTS = ['ENDPOINT', 'RPS', 'ERR', 'P50', 'P95', 'P99'];
const OF_REPLICAS = ['STATE', 'REPLICA', 'NODE', 'PID/THREAD', 'GPU', 'RESTARTS', 'UP', 'MEM', 'CPU', 'LOOP'];
const OF_LOAD = ['QUEUE', 'ONGOING/MAX'];
/** From the first to the last, and on to the first. */
const REPLICA_COLUMNS = [...OF_REPLICAS.slice(1), ...OF_LOAD, 'STATE'];

export const LIST_KEYS: Readonly<Record<string, readonly (KeyCase | KeyTest)[]>> = {
  up,
  k: up,
  down,
  j: down,
  pageup: pageUp,
  'ctrl+b': pageUp,
  pagedown: pageDown,
  'ctrl+f': pageDown,
  home: first,
  g: first,
  end: last,
  G: last,
  '/': [
    filtered('idle\r', /\/idle {2}1 of 3/),
    filtered('!resnet\r', /\/!resnet {2}1 of 3[\s\S]*▌summarize/),
    filtered('endpoint:s\r', /\/endpoint:s {2}2 of 3/),
    filtered('rate>100\r', /\/rate>100 {2}1 of 3[\s\S]*▌classify/),
    filtered('dead\r', /\/dead {2}1 \(7 in all\)/, { view: 'replicas' }),
    filtered('bart\r', /\/bart[\s\S]*▌bart:v4/, { view: 'latency' }),
  ],
  '<': [
    sortsBy('overview', OF_ENDPOINTS.toReversed()),
    sortsBy('replicas', REPLICA_COLUMNS.slice(0, -1).toReversed()),
    { ui: { view: 'replicas' }, from: /STATE▼.*\n.*resnet:v2#2/, to: /ONGOING\/MAX▼.*\n.*resnet:v1#2/ },
  ],
  '>': [
    sortsBy('overview', OF_ENDPOINTS),
    sortsBy('replicas', REPLICA_COLUMNS),
    { ui: { view: 'replicas' }, columns: 140, from: /STATE▼.*\n.*resnet:v2#2/, to: /REPLICA▼.*\n.*bart:v4#1/ },
  ],
  o: [
    { ui: { view: 'replicas' }, from: /STATE▼.*\n.*resnet:v2#2/, to: /STATE▲.*\n.*RUNNING[\s\S]*DEAD/ },
    {
      ui: { sorts: { overview: { by: 'rate', reversed: true }, replicas: { by: 'state', reversed: false } } },
      from: /RPS▲.*\n.*idle/,
      to: /RPS▼.*\n.*classify/,
    },
  ],
  e: [
    {
      ...levels('info'),
      from: /info and above[\s\S]*began[\s\S]*late[\s\S]*died/,
      to: /warn and above.*\n.*late.*\n.*died/,
    },
    { ...levels('warning'), from: /warn and above/, to: /error and above.*\n.*died/ },
    { ...levels('error'), from: /error and above/, to: /info and above.*\n.*began.*\n.*late.*\n.*died/ },
  ],
};

function levels(level: Ui['level']): Pick<KeyCase, 'ui' | 'past'> {
  const of = { backend: 'resnet:v2', replica: 'resnet:v2#2' };
  return {
    ui: { view: 'events', level },
    past: [
      { type: 'replica.started', at: STARTED, message: 'it began', ...of },
      { type: 'replica.unhealthy', at: STARTED, message: 'it is late', failures: 1, ...of },
      { type: 'replica.died', at: STARTED, message: 'it died', retryInMs: null, ...of },
    ],
  };
}
