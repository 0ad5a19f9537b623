/**
 * What the screen costs: `node --expose-gc dist/test/bench/top.js [seconds per case | hour]`. Four snapshots a second on
 * a terminal of 120 x 40, in which a share of the replicas, the churn, changes; or an hour of them as fast as they can be
 * drawn.
 */
import { setImmediate as turn } from 'node:timers/promises';
import xterm from '@xterm/headless';
import type { ServeStatus } from 'servelab';
import type { Live } from '../../tui/model/live.ts';
import type { View } from '../../tui/ui/ui.ts';
import { FakeInstance } from '../tui/fake-instance.ts';
import { backendOf, LOOK, liveOf, replicaOf, statsOf, statusOf } from '../tui/fixture.ts';
import { COLUMNS, ROWS, SinkTerminal } from './sink-terminal.ts';

process.env.NODE_ENV ??= 'production';

const PERIOD_MS = 250;
const SNAPSHOTS_PER_HOUR = 14_400;
const CASES: readonly (readonly [view: View, replicas: number, churn: number])[] = [
  ['overview', 200, 1],
  ['replicas', 200, 0.3],
  ['replicas', 200, 1],
  ['replicas', 5_000, 0.3],
  ['latency', 200, 1],
];

/** `churn`: the share of the replicas of which something changes. */
function snapshot(replicas: number, tick: number, churn: number): ServeStatus {
  const vary = (base: number, at: number): number => base * (1 + 0.3 * Math.sin(tick / 3 + at));
  const stats = (at: number) =>
    statsOf(vary(300, at), { p50Ms: vary(10, at), p95Ms: vary(25, at), p99Ms: vary(60, at) });
  const status = statusOf();
  return {
    ...status,
    backends: Object.fromEntries(
      ['v1', 'v2', 'v3', 'v4'].map((tag, at) => [tag, backendOf(replicas / 4, replicas / 4, stats(at))]),
    ),
    replicas: Array.from({ length: replicas }, (_, at) =>
      replicaOf(
        `v${(at % 4) + 1}#${at}`,
        at % 10 < churn * 10 ? { ongoing: (at * 7 + tick) % 9, queued: (at + tick) % 3 } : {},
      ),
    ),
    endpoints: Object.fromEntries(
      ['classify', 'summarize', 'embed', 'rank'].map((name, at) => [
        name,
        { route: `/${name}`, methods: ['POST'], traffic: { v1: 0.8, v2: 0.2 }, shadows: { v3: 0.5 }, stats: stats(at) },
      ]),
    ),
  };
}

interface Measured {
  readonly view: View;
  readonly replicas: number;
  readonly churn: number;
  readonly cpuPercent: number;
  readonly bytesPerSecond: number;
  readonly blankMoments: number;
  readonly writes: number;
  readonly rssMb: number;
}

async function measure(view: View, replicas: number, churn: number, seconds: number): Promise<Measured> {
  const { mountTop } = await import('../../tui/app/mount.ts');
  // Made before: what a snapshot costs to make is not what it costs to show.
  const snapshots = Array.from({ length: 16 }, (_, tick) => snapshot(replicas, tick, churn));
  const instance = new FakeInstance(snapshots[0]);
  const written: string[] = [];
  const sink = new SinkTerminal((text) => written.push(text));
  const live = instance.live();
  const running = live.run();
  const left = mountTop(sink, { name: 'default', live, ui: { view }, look: LOOK });
  let tick = 0;
  const timer = setInterval(
    () => instance.tell(snapshots[++tick % snapshots.length] ?? snapshot(replicas, tick, churn)),
    PERIOD_MS,
  );
  await pause(2_000);
  const [bytes, chunks, cpu, began] = [sink.bytes, written.length, process.cpuUsage(), performance.now()];
  await pause(seconds * 1_000);
  const used = process.cpuUsage(cpu);
  const passedMs = performance.now() - began;
  const measured = {
    ...{ view, replicas, churn },
    cpuPercent: ((used.user + used.system) / 1_000 / passedMs) * 100,
    bytesPerSecond: ((sink.bytes - bytes) / passedMs) * 1_000,
    rssMb: process.memoryUsage.rss() / 2 ** 20,
  };
  clearInterval(timer);
  const shown = [...written];
  sink.type('\x03');
  await left;
  await live.stop();
  await running;
  return { ...measured, ...(await blanks(shown, chunks)) };
}

/** Moments between two writes at which a row that was not empty is. */
async function blanks(chunks: readonly string[], from: number): Promise<{ blankMoments: number; writes: number }> {
  const terminal = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true });
  const put = (text: string): Promise<void> =>
    new Promise((resolve) => terminal.write(text.replace(/(?<!\r)\n/g, '\r\n'), resolve));
  await put(chunks.slice(0, from).join(''));
  let blankMoments = 0;
  for (const chunk of chunks.slice(from)) {
    await put(chunk);
    const { active } = terminal.buffer;
    const isBlank = (row: number): boolean =>
      (active.getLine(active.baseY + row)?.translateToString(true) ?? '') === '';
    // Of every view, the header, the borders and the footer are never empty.
    if ([0, 1, 2, 3, ROWS - 1].some(isBlank) || Array.from({ length: ROWS - 5 }, (_, row) => row + 4).some(isBlank))
      blankMoments++;
  }
  terminal.dispose();
  return { blankMoments, writes: chunks.length - from };
}

/** An hour's worth of updates without waiting: what the heap has grown by, in MB, in the second half of it. */
async function hour(): Promise<{ readonly grownMb: number; readonly seconds: number }> {
  const { Top } = await import('../../tui/app/top.ts');
  const { SeriesStore } = await import('../../tui/model/series.ts');
  const snapshots = Array.from({ length: 16 }, (_, tick) => snapshot(200, tick, 0.3));
  const series = new SeriesStore();
  let now = Date.parse('2026-03-01T12:00:00Z');
  let status = snapshots[0] ?? statusOf();
  const live = {
    ...{ series, client: null, retryNow: () => {}, periodMs: PERIOD_MS },
    get: (): Live => liveOf({ status, at: now }),
    subscribe: () => () => {},
  };
  const top = new Top({ name: 'default', live, look: LOOK, outside: async () => null, now: () => now });
  top.start(COLUMNS, ROWS);
  const began = performance.now();
  let halfway = 0;
  for (let tick = 0; tick < SNAPSHOTS_PER_HOUR; tick++) {
    now += PERIOD_MS;
    status = snapshots[tick % snapshots.length] ?? status;
    series.take(status, now);
    // A terminal of this size, again: it draws.
    if (tick % 200 === 0) top.press([String(((tick / 200) % 5) + 1)]);
    top.resize(COLUMNS, ROWS);
    // What streams put off must get its turn, or it would be taken for growth.
    if (tick % 50 === 0) await turn();
    if (tick === SNAPSHOTS_PER_HOUR / 2) halfway = heapMb();
  }
  const grownMb = heapMb() - halfway;
  top.stop();
  return { grownMb, seconds: (performance.now() - began) / 1_000 };
}

function heapMb(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

if (process.argv[2] === 'hour') {
  const { grownMb, seconds } = await hour();
  console.log(
    `an hour of snapshots, every view, drawn in ${seconds.toFixed(0)} s: the heap grew by ${grownMb.toFixed(1)} MB in its second half`,
  );
} else await table(Number(process.argv[2] ?? 8));
process.exit();

async function table(seconds: number): Promise<void> {
  console.log('view       replicas   churn   CPU %   bytes/s   blank moments   RSS MB');
  for (const [view, replicas, churn] of CASES) {
    const one = await measure(view, replicas, churn, seconds);
    const cells = [
      ...[one.view.padEnd(10), String(one.replicas).padStart(8), `${one.churn * 100} %`.padStart(7)],
      ...[one.cpuPercent.toFixed(1).padStart(7), one.bytesPerSecond.toFixed(0).padStart(9)],
      ...[`${one.blankMoments} of ${one.writes}`.padStart(15), one.rssMb.toFixed(0).padStart(8)],
    ];
    console.log(cells.join(' '));
  }
}
