/** How one subject is measured once. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type HttpRequest, loadHttp, loadOnSchedule, outputOf } from './load.ts';
import type { Sample, Scenario, Settings } from './scenario.ts';
import type { SubjectProcess } from './subject-process.ts';
import { ECHO_BODY, NOOP_ANSWER } from './work.ts';

type Measure = Scenario['measure'];

/** CPU time is the subject's own, of all its threads, per request: it hardly minds what else the machine does. */
export const HTTP_COLUMNS = ['req/s', 'p50 ms', 'p99 ms', 'CPU µs'];

/** GET of the no-op. */
export const getNoop: Measure = (subject, plan, settings) =>
  measureHttp(subject, { method: 'GET', url: subject.url + (plan.path ?? '/noop'), body: null }, NOOP_ANSWER, settings);

/** POST of 1 KB of JSON, sent back as it came. */
export const postEcho: Measure = (subject, _plan, settings) =>
  measureHttp(
    subject,
    { method: 'POST', url: `${subject.url}/echo`, body: ECHO_BODY },
    JSON.parse(ECHO_BODY),
    settings,
  );

/** wrk looks at the status alone, so the answer itself is compared before and after. */
async function measureHttp(
  subject: SubjectProcess,
  request: HttpRequest,
  wanted: unknown,
  settings: Settings,
): Promise<Sample> {
  await subject.during(checkAnswer(request, wanted));
  const cpuBefore = await subject.cpuMicros();
  const { requests, seconds, p50Ms, p99Ms } = await subject.during(loadHttp(request, settings));
  const cpuMicros = (await subject.cpuMicros()) - cpuBefore;
  await subject.during(checkAnswer(request, wanted));
  return { 'req/s': requests / seconds, 'p50 ms': p50Ms, 'p99 ms': p99Ms, 'CPU µs': cpuMicros / requests };
}

async function checkAnswer({ url, method, body }: HttpRequest, wanted: unknown): Promise<void> {
  const response = await fetch(url, {
    method,
    body,
    headers: { 'content-type': 'application/json', connection: 'close' },
  });
  const text = await response.text();
  if (response.status !== 200 || text !== JSON.stringify(wanted)) {
    throw new Error(`${method} ${url} answered ${response.status} ${text}`);
  }
}

export const CALL_COLUMNS = ['calls/s, 64 in flight', 'CPU µs', 'µs, one at a time'];

export const call: Measure = async (subject, _plan, { seconds }) => {
  const cpuBefore = await subject.cpuMicros();
  const many = await subject.ask('call', 64, seconds);
  const cpuMicros = (await subject.cpuMicros()) - cpuBefore;
  const one = await subject.ask('call', 1, seconds);
  return {
    'calls/s, 64 in flight': rateOf(many),
    'CPU µs': cpuMicros / (many.calls ?? 0),
    'µs, one at a time': 1e6 / rateOf(one),
  };
};

export const CONTROL_COLUMNS = ['µs, setTraffic', 'µs, status'];

/** One control call at a time. */
export const control: Measure = async (subject, _plan, { seconds }) => ({
  'µs, setTraffic': 1e6 / rateOf(await subject.ask('setTraffic', seconds)),
  'µs, status': 1e6 / rateOf(await subject.ask('status', seconds)),
});

export const RECOVERY_COLUMNS = ['ms until it serves'];

export const recover: Measure = async (subject) => {
  const { ms = Number.NaN } = await subject.ask('serve');
  return { 'ms until it serves': ms };
};

export const PROMPT_COLUMNS = ['ms until it is there', 'ms, a cell'];

export const typeAtPrompt: Measure = async (subject) => {
  const { readyMs = Number.NaN, cellMs = Number.NaN } = await subject.ask('prompt');
  return { 'ms until it is there': readyMs, 'ms, a cell': cellMs };
};

export const NOTEBOOK_COLUMNS = ['ms until its cell runs', 'ms, all'];

export const runNotebook: Measure = async (subject) => {
  const { cellMs = Number.NaN, doneMs = Number.NaN } = await subject.ask('run');
  return { 'ms until its cell runs': cellMs, 'ms, all': doneMs };
};

export const SPINNING_COLUMNS = ['req/s', 'p50 ms', 'p99 ms'];

/** A quarter of what it answers while the prompt waits, sent on schedule. */
export const getWhile: Measure = async (subject, { name }, settings) => {
  const url = `${subject.url}/noop`;
  const { requests, seconds } = await subject.during(loadHttp({ method: 'GET', url, body: null }, settings));
  const rate = requests / seconds / 4;
  if (name === 'spins') await subject.ask('spin');
  const { p50Ms, p99Ms } = await subject.during(loadOnSchedule(url, rate, settings.seconds));
  if (name === 'spins') await subject.ask('rest');
  return { 'req/s': rate, 'p50 ms': p50Ms, 'p99 ms': p99Ms };
};

export const WATCHING_COLUMNS = ['req/s', 'CPU µs'];

/** Far from what it can answer: then what it does besides is not lost in noise. */
const WATCHED_RATE = 2_000;

/** As many as it answers, and what one costs it at a rate that is always the same. */
export const getWatched: Measure = async (subject, { name }, settings) => {
  const url = `${subject.url}/noop`;
  if (name === 'watched') await subject.ask('watch');
  const most = await subject.during(loadHttp({ method: 'GET', url, body: null }, settings));
  const cpuBefore = await subject.cpuMicros();
  const { requests } = await subject.during(loadOnSchedule(url, WATCHED_RATE, settings.seconds));
  const cpuMicros = (await subject.cpuMicros()) - cpuBefore;
  if (name === 'watched') await subject.ask('rest');
  return { 'req/s': most.requests / most.seconds, 'CPU µs': cpuMicros / requests };
};

const rateOf = ({ calls = 0, seconds = 0 }: Sample): number => calls / seconds;

export const THREAD_COLUMNS = ['ms, first', 'ms, ten more', 'MiB, process', 'MiB, each'];

/** The first alone, as it loads what the others share. */
export const startThreads: Measure = async (subject) => {
  const first = await subject.ask('start', 1);
  const ten = await subject.ask('start', 10);
  const { ms = Number.NaN } = first;
  const { ms: tenMs = Number.NaN, processMiB = Number.NaN, threadMiB = Number.NaN } = ten;
  return { 'ms, first': ms, 'ms, ten more': tenMs, 'MiB, process': processMiB, 'MiB, each': threadMiB };
};

export const STREAM_COLUMNS = ['MB/s down', 'MB/s up'];

export const stream: Measure = (subject, _plan, { isQuick }) => {
  const bytes = isQuick ? 1e6 : 100e6;
  const measureBoth = async (): Promise<Sample> => ({
    'MB/s down': await transfer('get', `${subject.url}/stream?bytes=${bytes}`, bytes),
    'MB/s up': await transfer('post', `${subject.url}/count`, bytes),
  });
  return subject.during(measureBoth());
};

/** In MB/s, between a client in a process of its own and the subject. */
async function transfer(verb: 'get' | 'post', url: string, bytes: number): Promise<number> {
  const program = join(import.meta.dirname, 'stream-client.js');
  const client = spawn(process.execPath, [program, verb, url, String(bytes)], { stdio: ['ignore', 'pipe', 'inherit'] });
  return bytes / 1e6 / Number(await outputOf(client, 'the streaming client'));
}
