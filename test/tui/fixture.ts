/** What the terminal UI is shown in tests: an instance as it tells of itself, and a screen of it. */
import type {
  BatchDistribution,
  InstancePerformance,
  LatencyDistribution,
  ReplicaStatus,
  ServeStatus,
  Stats,
} from 'servelab';
import type { DrawChart } from '../../tui/canvas/chart.ts';
import { columnChart } from '../../tui/canvas/column-chart.ts';
import { type Line, textOf } from '../../tui/frame/line.ts';
import { type Look, UNICODE } from '../../tui/frame/look.ts';
import type { Live } from '../../tui/model/live.ts';
import { NO_LOG } from '../../tui/model/log.ts';
import type { Pictures } from '../../tui/model/pictures.ts';
import { SeriesStore } from '../../tui/model/series.ts';
import { INITIAL, type Ui } from '../../tui/ui/ui.ts';
import type { Scene } from '../../tui/views/scene.ts';

export const NOW = Date.parse('2026-03-01T12:00:00Z');
export const STARTED = '2026-03-01T10:00:00.000Z';
export const LOOK: Look = { depth: 256, theme: 'dark', glyphs: UNICODE };

export const statsOf = (rate: number, given: Partial<Stats> = {}): Stats => ({
  ...{
    rate,
    errorRate: 0,
    p50Ms: rate === 0 ? null : 10,
    p95Ms: rate === 0 ? null : 20,
    p99Ms: rate === 0 ? null : 40,
  },
  ...given,
});

const CONFIG = {
  ...{ numReplicas: 1, maxBatchSize: null, batchWaitTimeoutMs: 0, maxConcurrentQueries: 8, maxQueuedQueries: 10_000 },
  ...{ requestTimeoutMs: null, userConfig: undefined, gracefulShutdownTimeoutMs: 20_000, healthCheckPeriodMs: 10_000 },
};

export const replicaOf = (tag: string, given: Partial<ReplicaStatus> = {}): ReplicaStatus => ({
  ...{
    tag,
    backend: tag.split('#')[0] ?? tag,
    node: 'head',
    state: 'RUNNING',
    isolation: 'thread',
    pid: 4711,
    threadId: 3,
  },
  ...{ gpus: [], ongoing: 0, queued: 0, limit: 8, restarts: 0, startedAt: STARTED },
  ...given,
});

export const backendOf = (
  target: number,
  running: number,
  stats = statsOf(0),
  reasons: readonly string[] = [],
): ServeStatus['backends'][string] => ({
  config: { ...CONFIG, numReplicas: target },
  replicas: { target, running, pending: reasons.map((reason) => ({ reason })) },
  queued: 0,
  stats,
});

/** Two versions and a shadow behind one endpoint, another endpoint that fails, GPUs that are shared, a replica that died. */
export function statusOf(given: Partial<ServeStatus> = {}): ServeStatus {
  return {
    instance: {
      ...{
        name: 'default',
        version: '0.1.0',
        pid: 4711,
        host: 'process',
        detached: true,
        revision: 7,
        startedAt: STARTED,
      },
      httpUrl: 'http://127.0.0.1:8000',
    },
    nodes: [
      {
        ...{ id: 'head', hostname: 'here', pid: 4711, cpus: { total: 8, used: 6, enforced: false }, custom: {} },
        gpus: [
          {
            index: 0,
            name: 'Card',
            memoryBytes: 2 ** 34,
            memoryUsedBytes: 2 ** 33,
            utilization: 0.82,
            allocations: [
              { replica: 'bart:v4#1', share: 0.5 },
              { replica: 'bart:v4#2', share: 0.25 },
            ],
          },
          { index: 1, name: 'Card', allocations: [] },
        ],
      },
    ],
    backends: {
      'resnet:v1': backendOf(2, 2, statsOf(240)),
      'resnet:v2': backendOf(2, 1, statsOf(60), ['it starts']),
      'resnet:v3': backendOf(1, 1, statsOf(30)),
      spare: backendOf(0, 0),
      'bart:v4': backendOf(2, 2, statsOf(40, { errorRate: 1, p50Ms: 250, p95Ms: 500, p99Ms: 1_200 })),
    },
    replicas: [
      replicaOf('resnet:v1#1', { ongoing: 6 }),
      replicaOf('resnet:v1#2', { ongoing: 8, queued: 3 }),
      replicaOf('resnet:v2#1', { ongoing: 2 }),
      replicaOf('resnet:v2#2', { state: 'DEAD', restarts: 3 }),
      replicaOf('resnet:v3#1'),
      replicaOf('bart:v4#1', { isolation: 'process', pid: 4801, threadId: null, gpus: [0] }),
      replicaOf('bart:v4#2', { isolation: 'process', pid: 4802, threadId: null, gpus: [0] }),
    ],
    endpoints: {
      classify: {
        ...{
          route: '/classify',
          methods: ['POST'],
          traffic: { 'resnet:v1': 0.8, 'resnet:v2': 0.2 },
          shadows: { 'resnet:v3': 0.5 },
        },
        stats: statsOf(300, { p50Ms: 11.4, p95Ms: 29.1, p99Ms: 63.3 }),
      },
      summarize: {
        ...{ route: '/summarize', methods: ['POST'], traffic: { 'bart:v4': 1 }, shadows: {} },
        stats: statsOf(40, { errorRate: 1, p50Ms: 260, p95Ms: 510, p99Ms: 1_230 }),
      },
      idle: { route: null, methods: ['GET'], traffic: { 'resnet:v1': 1 }, shadows: {}, stats: statsOf(0) },
    },
    ...given,
  };
}

const BUCKETS = [0, 2, 9, 40, 7, 0, 1];

/** Around `middleMs`, four buckets to an octave. */
const distributionOf = (middleMs: number, count = 100): LatencyDistribution => ({
  ...{ count, p50Ms: middleMs, p95Ms: middleMs * 2, p99Ms: middleMs * 4 },
  histogram: BUCKETS.map((share, at) => ({ upToMs: middleMs * 2 ** ((at - 3) / 4), count: share })),
});

const NO_BATCHES: BatchDistribution = { count: 0, queries: 0, sizes: [] };
const BATCHES: BatchDistribution = {
  ...{ count: 10, queries: 60 },
  sizes: [
    { size: 3, count: 4 },
    { size: 8, count: 6 },
  ],
};

/** The split is not quite as it was set, and one replica's event loop never rests. */
export const performanceOf = (given: Partial<InstancePerformance> = {}): InstancePerformance => ({
  revision: 7,
  endpoints: {
    classify: { callers: distributionOf(11.4), answered: { 'resnet:v1': 796, 'resnet:v2': 204 } },
    summarize: { callers: distributionOf(260), answered: { 'bart:v4': 40 } },
    idle: { callers: { count: 0, p50Ms: null, p95Ms: null, p99Ms: null, histogram: [] }, answered: {} },
  },
  backends: Object.fromEntries(
    ['resnet:v1', 'resnet:v2', 'resnet:v3', 'bart:v4'].map((tag) => [
      tag,
      {
        ...{ queue: distributionOf(2), processing: distributionOf(10), total: distributionOf(12) },
        batches: tag === 'bart:v4' ? BATCHES : NO_BATCHES,
      },
    ]),
  ),
  replicas: {
    'resnet:v1#1': { cpu: 0.31, memoryBytes: 40 * 2 ** 20, eventLoop: 0.4 },
    'resnet:v1#2': { cpu: 0.98, memoryBytes: 52 * 2 ** 20, eventLoop: 1 },
    'bart:v4#1': { cpu: 1.7, memoryBytes: 3 * 2 ** 30, eventLoop: null },
  },
  ...given,
});

export const liveOf = (given: Partial<Live> = {}): Live => ({
  phase: { type: 'live' },
  status: statusOf(),
  at: NOW,
  performance: performanceOf(),
  heardAt: NOW,
  events: [
    { type: 'instance.started', at: STARTED, message: "instance 'default' began", instance: 'default', pid: 4711 },
    {
      ...{ type: 'replica.died', at: '2026-03-01T11:59:20Z', message: "replica 'resnet:v2#2' died: exit 3" },
      ...{ backend: 'resnet:v2', replica: 'resnet:v2#2', retryInMs: 100 },
    },
  ],
  ...given,
});

/** As sessions draw them, newest first. */
export const PICTURES: Pictures = {
  list: [
    {
      ...{
        key: '9/2',
        pid: 9,
        title: 'Load',
        count: 7,
        code: "const m = 'classify';\nawait show.load(m)\nawait m;",
        at: '2026-03-01T11:59:57.000Z',
      },
      since: '2026-03-01T11:59:00.000Z',
      text: '\x1b[1mclassify: 90/s\x1b[22m\n\x1b[2mp95 by time\x1b[22m\n\x1b[36m893 µs ┤ ▃█▁\n     0 ┤▇███\x1b[39m\n\x1b[33m2 failed\x1b[39m',
    },
    {
      ...{
        key: '8/1',
        pid: 8,
        title: null,
        count: 12,
        code: 'chart.bars(votes, { title: "\u001b[31m" })',
        at: '2026-03-01T11:50:00.000Z',
      },
      since: '2026-03-01T11:50:00.000Z',
      text: `${'Ada – Eve  \x1b[36m██████▍\x1b[39m  3\n'.repeat(60)}the last row`,
    },
  ],
  problem: null,
};

const drawChart: DrawChart = (given) => columnChart(given);

export function sceneOf(given: Partial<Omit<Scene, 'ui'>> & { readonly ui?: Partial<Ui> } = {}): Scene {
  const { ui, ...rest } = given;
  return {
    ...{
      name: 'default',
      live: liveOf(),
      log: NO_LOG,
      pictures: PICTURES,
      series: new SeriesStore(),
      look: LOOK,
      now: NOW,
    },
    ...{ columns: 120, rows: 40, drawChart, readonlyReason: null },
    ...rest,
    ui: { ...INITIAL, ...ui },
  };
}

export const textsOf = (lines: readonly Line[]): string[] => lines.map(textOf);

export const pageOf = (lines: readonly Line[]): string => textsOf(lines).join('\n');
