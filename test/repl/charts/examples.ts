// Figures of every kind, as full of what is hard to draw as they come.
import { charts, histogramPlot } from '../../../repl/charts/charts.ts';
import { figureSvg } from '../../../repl/charts/figure-svg.ts';
import { type Gpu, gpusFigure } from '../../../repl/commands/gpus-figure.ts';
import { loadFigure, progressFigure } from '../../../repl/commands/load-figure.ts';
import type { LoadResult } from '../../../repl/commands/load-result.ts';
import type { LoadMoment } from '../../../repl/commands/load-timeline.ts';
import { OpenLoopState } from '../../../repl/commands/open-loop.ts';
import { trafficFigure } from '../../../repl/commands/traffic-figure.ts';
import { trialFigure } from '../../../repl/commands/trial-figure.ts';
import type { Shown } from '../../../repl/display/shown.ts';

const SWEEP = [1, 2, 4, 8, 16, 32, 64].map((batch, at) => ({
  ...{ batch, rps: [410, 790, 1480, 2600, 3900, 4600, 4720][at] ?? null },
  ...{ p50: 2 + batch / 5, p95: 3 + batch / 3, p99: 4 + batch / 1.8 },
}));
const MANY = Array.from({ length: 12 }, (_, at) => `series ${at}`);
const LATENCIES = Array.from(
  { length: 2000 },
  (_, at) => 2 - 1.6 * Math.log(1 - at / 2001) + (at % 250 === 0 ? 40 : 0),
);
const MOMENTS = Array.from(
  { length: 40 },
  (_, at): LoadMoment => ({
    ...{
      s: (at + 1) / 4,
      p50Ms: at === 9 ? null : 3 + Math.sin(at / 3),
      p95Ms: at === 9 ? null : 7 + 3 * Math.sin(at / 5),
    },
    ...{ rate: 190 + (at % 7), errorRate: at > 20 && at < 26 ? 12 : 0 },
  }),
);

const svgOf = (shown: Shown<unknown>): string => shown.svg ?? '';
const quantiles = { minMs: 2, meanMs: 3.6, p50Ms: 3.1, p95Ms: 6.8, p99Ms: 9.4, maxMs: 52 };

const LOAD: LoadResult = {
  ...{
    endpoint: 'language',
    rps: 200,
    ms: 10_000,
    sent: 2000,
    answered: 1985,
    rate: 198,
    latency: quantiles,
    lateness: null,
  },
  errors: [{ code: 'BACKEND_ERROR', count: 15, message: "backend 'v2' failed: RangeError: no language of this name" }],
  ...{ unanswered: 0, isInterrupted: false, p95Ms: [], timeline: MOMENTS },
};

const gpu = (index: number, allocations: Gpu['allocations']): Gpu => ({
  ...{
    index,
    name: 'NVIDIA H200',
    memoryBytes: 150e9,
    memoryUsedBytes: 31e9,
    utilization: 0.37,
    node: 'head',
    allocations,
  },
});

/** SVGs by name. */
export const EXAMPLES: Readonly<Record<string, string>> = {
  throughput: svgOf(
    charts.lines(SWEEP, { x: 'batch', y: 'rps', title: 'Throughput by batch size', unit: '/s', log: 'x' }),
  ),
  sweep: svgOf(
    charts.lines(SWEEP, { x: 'batch', y: ['p50', 'p95', 'p99'], title: 'Latency by batch size', unit: 'ms', log: 'x' }),
  ),
  'many lines': svgOf(
    charts.lines<Readonly<Record<string, number>>>(
      SWEEP.map(({ batch, p50 }) => ({
        batch,
        ...Object.fromEntries(MANY.map((name, at) => [name, p50 * (1 + at / 30)])),
      })),
      { x: 'batch', y: MANY, unit: 'ms' },
    ),
  ),
  gaps: svgOf(
    charts.lines(
      Array.from({ length: 120 }, (_, at) => ({
        ...{ s: at / 4, rate: at > 40 && at < 55 ? null : 100 + 40 * Math.sin(at / 9), below: -20 + at / 3 },
        'one value, and a name that is rather long': at === 90 ? 50 : null,
      })),
      { x: 's', y: ['rate', 'one value, and a name that is rather long', 'below'], title: 'With gaps, below nothing' },
    ),
  ),
  days: svgOf(
    charts.lines(
      ['Monday', 'Tuesday', 'Wednesday', 'a day of a long name that is cut', 'Friday'].map((day, n) => ({
        day,
        n: n * 3,
      })),
      { x: 'day', y: 'n' },
    ),
  ),
  'one point': svgOf(charts.lines([{ x: 1_234_567, y: 0 }], { x: 'x', y: 'y' })),
  large: svgOf(
    charts.lines(
      SWEEP.map(({ batch }) => ({ batch, bytes: batch * 3e8 })),
      { x: 'batch', y: 'bytes', unit: 'B', log: 'xy' },
    ),
  ),
  models: svgOf(
    charts.bars(
      [
        { model: 'franc', right: 0.913 },
        { model: 'franc-min', right: 0.834 },
        { model: 'a rather long name of a model that has to be cut', right: 0.11 },
        { model: 'not measured', right: null },
      ],
      { x: 'model', y: 'right', title: 'Right answers' },
    ),
  ),
  'bars side by side': svgOf(
    charts.bars(SWEEP.slice(0, 4), { x: 'batch', y: ['p50', 'p95', 'p99'], unit: 'ms', title: 'Latency' }),
  ),
  'bars below nothing': svgOf(
    charts.bars(
      [
        { a: 'x', v: -3200 },
        { a: 'y', v: 5100 },
        { a: 'z', v: 0 },
      ],
      { x: 'a', y: 'v' },
    ),
  ),
  histogram: svgOf(
    charts.histogram(LATENCIES, { title: 'Latency', unit: 'ms', marks: { p50: 3.1, p90: 5.7, p95: 6.8, p99: 9.4 } }),
  ),
  'all the same': svgOf(charts.histogram([5, 5, 5], { unit: 'ms' })),
  split: svgOf(charts.split({ v1: 0.9, v2: 0.1 }, { title: 'Who answers' })),
  'split in many': svgOf(
    charts.split(Object.fromEntries(MANY.map((name, at) => [`${name} of a split`, 1 / (at + 1)])), {
      title: 'Who answers',
    }),
  ),
  traffic: figureSvg(
    trafficFigure([
      {
        ...{
          name: 'language',
          route: '/language/{text}',
          methods: ['GET'],
          traffic: { v1: 0.9, v2: 0.1 },
          shadows: { v3: 0.25 },
        },
        stats: { rate: 120.4, errorRate: 0, p50Ms: 3, p95Ms: 5, p99Ms: 6 },
      },
      {
        ...{ name: 'by-handle', route: null, methods: ['GET'], traffic: { v2: 1 }, shadows: {} },
        stats: { rate: 0, errorRate: 0, p50Ms: null, p95Ms: null, p99Ms: null },
      },
    ]),
  ),
  gpus: figureSvg(
    gpusFigure(
      [
        gpu(0, [
          { replica: 'ocr#1', share: 0.5 },
          { replica: 'asr#1', share: 0.25 },
          { replica: 'asr#2', share: 0.25 },
        ]),
        gpu(1, [{ replica: 'llm#1', share: 1 }]),
        gpu(2, [{ replica: 'asr#3', share: 0.25 }]),
        gpu(3, []),
      ],
      ["large waits: backend 'large' needs 4 GPUs for each of 2 replicas, and node 'head' has 1 of 4 GPUs free"],
    ),
  ),
  load: figureSvg(
    loadFigure(LOAD, {
      ...histogramPlot(LATENCIES, { unit: 'ms', marks: { p50: 3.1, p95: 6.8, p99: 9.4 } }),
      title: 'Latencies',
    }),
  ),
  progress: figureSvg(
    progressFigure({
      ...{
        endpoint: 'language',
        rps: 200,
        forMs: 20_000,
        state: Object.assign(new OpenLoopState(), { startedAtMs: 0, sent: 2000 }),
      },
      ...{ atMs: 10_000, p95Ms: [], moments: MOMENTS, latency: null },
    }),
  ),
  trial: figureSvg(
    trialFigure({
      ...{
        endpoint: 'language',
        backend: 'language:v2',
        endedBy: 'count',
        durationMs: 8000,
        compared: 1000,
        equal: 930,
        different: 70,
      },
      streams: 0,
      fields: ['language', 'score', 'alternatives[0].language'].map((field, at) => ({
        ...{ field, path: field, count: 70 - 20 * at, old: 1, new: 2, requestId: 'a' },
      })),
      errors: { old: {}, new: { BACKEND_ERROR: 12 } },
      latency: { old: { p50Ms: 5.2, p95Ms: 9.8, p99Ms: 14 }, new: { p50Ms: 3.1, p95Ms: 5.9, p99Ms: 21.5 } },
      leftOut: { tooLarge: 0, cancelled: 0, overflow: 0, unanswered: 0 },
    }),
  ),
};
