/** What the tests of control operations under load share: an instance, a ledger, and backends that write in it. */
import * as serve from 'servelab';
import * as assert from 'uvu/assert';
import { withInstance } from '../support/instance.ts';
import { type Isolation, inIsolation } from '../support/isolations.ts';
import { Ledger } from '../support/ledger.ts';
import { Load, type LoadAnswer, statuses } from '../support/load.ts';
import { untilChildren } from '../support/processes.ts';
import type { CodeUpdate } from '../support/remote-caller.ts';
import { Signals } from '../support/signals.ts';
import { untilWorkers } from '../support/threads.ts';

/** The fixture's own TypeScript: it is not compiled. */
const FIXTURE = new URL('../../../test/fixtures/load/recorder.ts', import.meta.url).href;
const ABORTABLE = new URL('../../../test/fixtures/load/abortable.ts', import.meta.url).href;

export interface Scene {
  readonly client: serve.Client;
  readonly isolation: Isolation;
  /** `client.createBackend`, with replicas that run in this. */
  readonly createBackend: serve.Client['createBackend'];
  /** Resolves when no more and no fewer threads or processes of replicas are left than these. */
  untilLeft(count: number): Promise<void>;
  readonly url: string;
  readonly ledger: Ledger;
  readonly signals: Signals;
  /** A backend that writes each request in the ledger before anything else. */
  recorder(version: string, tookMs?: number): serve.BackendTarget;
  /** The same, for a caller in another process to import. */
  recorderCode(version: string, tookMs?: number): Pick<CodeUpdate, 'module' | 'exportName' | 'initArgs'>;
  /** The same, which takes its requests in batches. */
  batchRecorder(version: string, tookMs?: number): serve.BackendTarget;
  /** A backend that asks another endpoint. */
  front(): serve.BackendTarget;
  /** A backend that hands each request on to the endpoint `leaf`. */
  through(): serve.BackendTarget;
  /** Load on the path, so many requests per second in all; 0, the default, as many as 32 connections can. */
  load(path: string, name?: string, rate?: number, connections?: number): Load;
}

export function scene(
  run: (scene: Scene) => Promise<void>,
  options: serve.StartGiven = {},
): (isolation: Isolation) => Promise<void> {
  return (isolation) => withInstance((client, url) => play({ client, url, isolation }, run), options)();
}

async function play(
  { client, url, isolation }: Pick<Scene, 'client' | 'url' | 'isolation'>,
  run: (scene: Scene) => Promise<void>,
): Promise<void> {
  const ledger = new Ledger();
  const signals = new Signals();
  const settings = { ledger: ledger.file, signals: signals.name };
  const loads: Load[] = [];
  const load = (path: string, name = 'load', rate = 0, connections = 32): Load => {
    const started = new Load({ url: url + path, connections, name, rate });
    loads.push(started);
    return started;
  };
  const recorderCode = (version: string, tookMs = 0) => ({
    module: FIXTURE,
    exportName: 'Recorder',
    initArgs: [{ ...settings, version, tookMs }],
  });
  const recorder = (version: string, tookMs = 0): serve.BackendTarget => {
    const { module, exportName, initArgs } = recorderCode(version, tookMs);
    return serve.imported(module, exportName, initArgs);
  };
  const batchRecorder = (version: string, tookMs = 0): serve.BackendTarget =>
    serve.imported(FIXTURE, 'BatchRecorder', [{ ...settings, version, tookMs }]);
  const through = (): serve.BackendTarget => serve.imported(FIXTURE, 'Through');
  const front = (): serve.BackendTarget => serve.imported(FIXTURE, 'Front', [signals.name]);
  try {
    const createBackend = inIsolation(client, isolation);
    const untilLeft = isolation === 'thread' ? untilWorkers : untilChildren;
    const targets = { recorder, recorderCode, batchRecorder, front, through };
    await run({ client, url, isolation, createBackend, untilLeft, ledger, signals, load, ...targets });
  } finally {
    await Promise.all(loads.map((one) => one.stop()));
    signals.close();
    ledger.delete();
  }
}

/** A backend whose requests go on until their callers go away. */
export const abortable = (signals: Signals): serve.BackendTarget =>
  serve.imported(ABORTABLE, 'Abortable', [signals.name]);

/** Every answer came, was a 200, and every request was started exactly once. */
export function requireAllServed(answers: readonly LoadAnswer[], ledger: Ledger): void {
  assert.ok(answers.length > 0, 'there was no load');
  assert.equal(Object.keys(statuses(answers)), ['200'], JSON.stringify(statuses(answers)));
  requireAgreement(answers, ledger);
}

export function requireAgreement(answers: readonly LoadAnswer[], ledger: Ledger, mostStarts = 1): void {
  assert.equal(ledger.contradictions(answers, mostStarts).slice(0, 5), []);
}

export interface Recorded {
  readonly version: string;
  readonly replica: string;
}

export const recordedIn = (answer: LoadAnswer): Recorded => JSON.parse(answer.body) as Recorded;

/** A span in which a setting was in force from beginning to end, by performance.now(). */
export interface Span<T> {
  readonly value: T;
  readonly from: number;
  readonly until: number;
}

/** The answers whose requests were made and ended within the span. */
export const answersIn = (answers: readonly LoadAnswer[], span: Span<unknown>): LoadAnswer[] =>
  answers.filter(({ sentAt, endedAt }) => sentAt >= span.from && endedAt <= span.until);
