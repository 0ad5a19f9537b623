/** Keys that go somewhere, and keys about how it looks. */
import * as assert from 'uvu/assert';
import { FakeInstance } from '../fake-instance.ts';
import { statusOf } from '../fixture.ts';
import type { KeyCase } from '../key-case.ts';
import { onScreen } from '../on-screen.ts';

/** A test of its own, for what is more than a screen before and one afterwards. */
export type KeyTest = (bytes: string) => () => Promise<void>;

const OVERVIEW = /─ Endpoints ─/;
const REPLICAS = /─ Replicas ─.*\n.*STATE/;
const LATENCY = /─ Histogram /;
const LOG = /─ Log ─/;
const PICTURES = /─ Pictures ─/;

const EVENTS = /─ Events ─.* and above/;

const CLASSIFY = { detail: { kind: 'endpoint', name: 'classify' } } as const;

const goesBack: readonly KeyCase[] = [
  { ui: CLASSIFY, from: /Endpoint classify/, to: OVERVIEW },
  { ui: { filters: { overview: 'idle' } }, from: /\/idle {2}1 of 3/, to: /Endpoints ─+ 3 ─/ },
];

const PRINTED = [
  'the instance has begun',
  'resnet:v2#2 | weights are read',
  'bart:v4#1 | five beams',
  'bart:v4#2 | six beams',
];

/** Frozen, what changes is not shown; afterwards it is. */
const freezes: KeyTest = (bytes) => () =>
  onScreen(async ({ terminal, instance, live }) => {
    await terminal.shows(/v1 80%/);
    terminal.type(bytes);
    await terminal.shows(/FROZEN/);
    const { classify } = instance.status.endpoints;
    assert.ok(classify);
    const next = statusOf({
      endpoints: { classify: { ...classify, traffic: { 'resnet:v1': 0.6, 'resnet:v2': 0.4 } } },
    });
    instance.tell(next);
    await terminal.shows(() => live.get().status === next);
    // Drawn anew.
    terminal.type('2');
    await terminal.shows(REPLICAS);
    terminal.type('1');
    assert.match(await terminal.shows(OVERVIEW), /v1 80%/);
    terminal.type(bytes);
    await terminal.shows(/LIVE[\s\S]*v1 60%/);
  })();

/** Each try that fails is followed by a longer pause; a key ends it. */
const retries: KeyTest = (bytes) => () =>
  onScreen(
    async ({ terminal, instance, live }) => {
      for (const attempt of [1, 2, 3, 4]) {
        await terminal.shows(new RegExp(`try ${attempt}\\b`));
        terminal.type(bytes);
      }
      await terminal.shows(/try 5\b/);
      const { phase } = live.get();
      assert.is(phase.type, 'lost');
      const due = phase.type === 'lost' ? phase.retryAt : 0;
      instance.isRunning = true;
      terminal.type(bytes);
      await terminal.shows(/● LIVE/);
      assert.ok(Date.now() < due, 'it would have been live by then without a key');
    },
    { instance: Object.assign(new FakeInstance(), { isRunning: false }) },
  )();

export const VIEW_KEYS: Readonly<Record<string, readonly (KeyCase | KeyTest)[]>> = {
  '1': [
    { ui: { view: 'events' }, from: EVENTS, to: OVERVIEW },
    { ui: CLASSIFY, from: /Endpoint classify/, to: OVERVIEW },
  ],
  '2': [{ from: OVERVIEW, to: REPLICAS }],
  '3': [{ from: OVERVIEW, to: /─ GPUs ─/ }],
  '4': [{ from: OVERVIEW, to: LATENCY }],
  '5': [{ from: OVERVIEW, to: EVENTS }],
  '6': [{ from: OVERVIEW, to: LOG }],
  '7': [{ from: OVERVIEW, to: PICTURES }],
  tab: [
    { from: OVERVIEW, to: REPLICAS },
    { ui: { view: 'pictures' }, from: PICTURES, to: OVERVIEW },
  ],
  'shift+tab': [
    { ui: { view: 'replicas' }, from: REPLICAS, to: OVERVIEW },
    { from: OVERVIEW, to: PICTURES },
  ],
  enter: [
    { from: /▌classify/, to: /Endpoint classify/ },
    { ui: { selected: { overview: 'summarize' } }, from: /▌summarize/, to: /Endpoint summarize/ },
    {
      ui: { view: 'replicas', selected: { replicas: 'resnet:v2#2' } },
      from: /▌✖ DEAD +resnet:v2#2/,
      to: /Replica resnet:v2#2/,
    },
    {
      ui: { view: 'gpus', selected: { gpus: 'head/0' } },
      from: /▌GPU 0/,
      to: /Replicas ─+ \/gpu:0 {2}2 \(7 in all\)/,
    },
    {
      ui: { view: 'latency', selected: { latency: 'backend bart:v4' } },
      from: /▌bart:v4/,
      to: /Backend bart:v4/,
    },
  ],
  b: [
    { ui: { selected: { overview: 'summarize' } }, from: /▌summarize/, to: /Backend bart:v4/ },
    {
      ui: { view: 'replicas', selected: { replicas: 'resnet:v2#2' } },
      from: /▌✖ DEAD +resnet:v2#2/,
      to: /Backend resnet:v2 /,
    },
  ],
  escape: goesBack,
  backspace: goesBack,
  q: [
    { ui: CLASSIFY, from: /Endpoint classify/, to: OVERVIEW },
    { from: OVERVIEW, to: 'left' },
    { ui: { view: 'log' }, from: LOG, to: 'left' },
  ],
  'ctrl+c': [
    { to: 'left' },
    { ui: CLASSIFY, from: /Endpoint classify/, to: 'left' },
    { typed: ':delete endpoint idle', from: /deleteEndpoint\('idle'\)/, to: 'left', calls: [] },
    { typed: ':delete endpoint idle\r', from: /Type idle and Enter/, to: 'left', calls: [] },
    { typed: '/idle', from: /\/idle {2}1 of 3/, to: 'left' },
    { typed: '?', from: /─ Keys ─/, to: 'left' },
  ],

  ' ': [freezes],
  '[': [{ ui: { view: 'latency' }, from: / 60 s {2}\[ \]/, to: / 30 s {2}\[ \]/ }],
  ']': [{ ui: { view: 'latency' }, from: / 60 s {2}\[ \]/, to: / 5 min {2}\[ \]/ }],
  z: [
    { ui: { view: 'latency' }, from: LATENCY, to: ({ terminal }) => !LATENCY.test(terminal.page()) },
    { ui: { view: 'latency', areChartsShown: false }, to: LATENCY },
  ],
  '+': [
    {
      ui: { periodMs: 1_000 },
      from: / 1 Hz/,
      to: ({ terminal, live }) => / 2 Hz/.test(terminal.page()) && live.periodMs === 500,
    },
  ],
  '-': [{ from: / 4 Hz/, to: ({ terminal, live }) => / 2 Hz/.test(terminal.page()) && live.periodMs === 500 }],
  l: [
    {
      ui: { view: 'replicas', selected: { replicas: 'resnet:v2#2' } },
      log: PRINTED,
      from: /▌✖ DEAD +resnet:v2#2/,
      to: ({ terminal }) =>
        /\/replica:resnet:v2#2/.test(terminal.page()) && linesOfLog(terminal.lines()).join() === 'weights are read',
    },
    {
      ui: { selected: { overview: 'summarize' } },
      log: PRINTED,
      from: /▌summarize/,
      to: ({ terminal }) =>
        /\/replica:bart:v4/.test(terminal.page()) && linesOfLog(terminal.lines()).join() === 'five beams,six beams',
    },
  ],
  r: [retries],
};

/** What of the printed is on the screen, in its order. */
const linesOfLog = (lines: readonly string[]): string[] =>
  lines.flatMap((line) => PRINTED.map((one) => one.replace(/^.* \| /, '')).filter((text) => line.includes(text)));
