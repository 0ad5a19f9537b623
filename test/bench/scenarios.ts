/** The table of scenarios: who is measured against whom, at what, and what is wanted. */
import { spawnSync } from 'node:child_process';
import {
  CALL_COLUMNS,
  CONTROL_COLUMNS,
  call,
  control,
  getNoop,
  getWatched,
  getWhile,
  HTTP_COLUMNS,
  NOTEBOOK_COLUMNS,
  PROMPT_COLUMNS,
  postEcho,
  RECOVERY_COLUMNS,
  recover,
  runNotebook,
  SPINNING_COLUMNS,
  STREAM_COLUMNS,
  startThreads,
  stream,
  THREAD_COLUMNS,
  typeAtPrompt,
  WATCHING_COLUMNS,
} from './measurements.ts';
import type { Ratio, Scenario, Settings, SubjectPlan } from './scenario.ts';

const SERVELAB = 'servelab';
const FASTIFY = 'Fastify + piscina.run';

const HTTP_SUBJECTS: readonly SubjectPlan[] = [
  { name: SERVELAB, program: 'http-servelab' },
  { name: 'node:http', program: 'http-node' },
  { name: 'Koa', program: 'http-koa' },
  { name: FASTIFY, program: 'http-fastify-piscina' },
  { name: 'Koa + piscina.run', program: 'http-koa-piscina' },
];

const HTTP_RATIOS: readonly Ratio[] = [
  atLeast(1.4, 'req/s', SERVELAB, FASTIFY),
  atLeast(0.85, 'req/s', SERVELAB, 'Koa'),
  atMost(1, 'p99 ms', SERVELAB, FASTIFY),
  recorded('CPU µs', SERVELAB, FASTIFY),
  recorded('CPU µs', SERVELAB, 'Koa'),
  recorded('req/s', SERVELAB, 'node:http'),
  recorded('req/s', SERVELAB, 'Koa + piscina.run'),
];

const manyArgs = ({ isQuick }: Settings): string[] => (isQuick ? ['50', '12'] : ['1000', '200']);

const NOTEBOOK: Scenario = {
  name: 'notebook',
  title: "a notebook without a front end: servelab's runner, and nbconvert with servelab's kernel",
  columns: NOTEBOOK_COLUMNS,
  subjects: [
    { name: SERVELAB, program: 'notebook', args: () => ['servelab'] },
    { name: 'nbconvert', program: 'notebook', args: () => ['nbconvert'] },
  ],
  processLives: 'scenario',
  measure: runNotebook,
  ratios: [atMost(0.1, 'ms until its cell runs', SERVELAB, 'nbconvert'), recorded('ms, all', SERVELAB, 'nbconvert')],
};

/** Debian's, which has its modules. */
function isNbconvertInstalled(): boolean {
  return spawnSync('/usr/bin/python3', ['-c', 'import nbconvert']).status === 0;
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'http',
    title: 'no-op JSON over HTTP',
    columns: HTTP_COLUMNS,
    subjects: HTTP_SUBJECTS,
    processLives: 'scenario',
    measure: getNoop,
    ratios: HTTP_RATIOS,
  },
  {
    name: 'echo',
    title: '1 KB of JSON over HTTP, sent back',
    columns: HTTP_COLUMNS,
    subjects: HTTP_SUBJECTS,
    processLives: 'scenario',
    measure: postEcho,
    ratios: HTTP_RATIOS.map((ratio) => ({ ...ratio, target: null })),
  },
  {
    name: 'calls',
    title: 'calls to a thread of the same process',
    columns: CALL_COLUMNS,
    subjects: [
      { name: 'handle', program: 'calls-handle' },
      { name: 'postMessage', program: 'calls-post-message' },
      { name: 'piscina.run', program: 'calls-piscina' },
    ],
    processLives: 'scenario',
    measure: call,
    ratios: [
      atLeast(0.6, 'calls/s, 64 in flight', 'handle', 'postMessage'),
      atLeast(3, 'calls/s, 64 in flight', 'handle', 'piscina.run'),
      atMost(1.5, 'µs, one at a time', 'handle', 'postMessage'),
      recorded('CPU µs', 'handle', 'postMessage'),
    ],
  },
  {
    name: 'isolation',
    title: 'calls to a replica in a thread and to one in a process of its own',
    columns: CALL_COLUMNS,
    subjects: [
      { name: 'thread', program: 'calls-handle', args: () => ['thread'] },
      { name: 'process', program: 'calls-handle', args: () => ['process'] },
    ],
    processLives: 'scenario',
    measure: call,
    ratios: [
      atLeast(0.5, 'calls/s, 64 in flight', 'process', 'thread'),
      recorded('µs, one at a time', 'process', 'thread'),
    ],
  },
  {
    name: 'remote',
    title: 'calls to a thread of an instance in this process, and of one in another process',
    columns: CALL_COLUMNS,
    subjects: [
      { name: 'inline', program: 'calls-handle', args: () => ['thread'] },
      { name: 'connected', program: 'calls-handle', args: () => ['remote'] },
    ],
    processLives: 'scenario',
    measure: call,
    ratios: [
      atLeast(0.4, 'calls/s, 64 in flight', 'connected', 'inline'),
      recorded('µs, one at a time', 'connected', 'inline'),
    ],
  },
  {
    name: 'control',
    title: 'control calls of an instance in this process, and over the control socket',
    columns: CONTROL_COLUMNS,
    subjects: [
      { name: 'inline', program: 'control', args: () => ['inline'] },
      { name: 'connected', program: 'control', args: () => ['process'] },
    ],
    processLives: 'scenario',
    measure: control,
    ratios: [atMost(3, 'µs, setTraffic', 'connected', 'inline'), atMost(3, 'µs, status', 'connected', 'inline')],
  },
  {
    name: 'recovery',
    title: 'a detached instance that serves, from nothing and after kill -9',
    columns: RECOVERY_COLUMNS,
    subjects: [
      { name: 'cold start', program: 'recovery', args: () => ['cold'] },
      { name: 'killed', program: 'recovery', args: () => ['killed'] },
    ],
    processLives: 'scenario',
    measure: recover,
    ratios: [atMost(2, 'ms until it serves', 'killed', 'cold start')],
  },
  {
    name: 'prompt',
    title: 'a prompt in a terminal: until it can be typed at, and a cell from Enter to its answer',
    columns: PROMPT_COLUMNS,
    subjects: [
      { name: 'node -i', program: 'prompt', args: () => ['node'] },
      { name: SERVELAB, program: 'prompt', args: () => ['servelab'] },
    ],
    processLives: 'scenario',
    measure: typeAtPrompt,
    ratios: [atMost(3, 'ms until it is there', SERVELAB, 'node -i'), recorded('ms, a cell', SERVELAB, 'node -i')],
  },
  ...(isNbconvertInstalled() ? [NOTEBOOK] : []),
  {
    name: 'spinning',
    title:
      'HTTP at a quarter of the most, sent on schedule, while the prompt waits and while it runs `while (true) {}`',
    columns: SPINNING_COLUMNS,
    subjects: [
      { name: 'waits', program: 'prompt-http' },
      { name: 'spins', program: 'prompt-http' },
    ],
    processLives: 'scenario',
    measure: getWhile,
    ratios: [atMost(1.2, 'p50 ms', 'spins', 'waits'), recorded('p99 ms', 'spins', 'waits')],
  },
  {
    name: 'watching',
    title: 'no-op JSON over HTTP, as much as it answers and 2,000 a second, alone and with the terminal UI on it',
    columns: WATCHING_COLUMNS,
    subjects: [
      { name: 'alone', program: 'watched' },
      { name: 'watched', program: 'watched' },
    ],
    processLives: 'scenario',
    measure: getWatched,
    ratios: [atMost(1.02, 'CPU µs', 'watched', 'alone'), recorded('req/s', 'watched', 'alone')],
  },
  {
    name: 'replacement',
    title: 'a replica in a process that runs, one more and after kill -9',
    columns: RECOVERY_COLUMNS,
    subjects: [
      { name: 'cold start', program: 'replacement', args: () => ['cold'] },
      { name: 'killed', program: 'replacement', args: () => ['killed'] },
    ],
    processLives: 'scenario',
    measure: recover,
    ratios: [atMost(1.5, 'ms until it serves', 'killed', 'cold start')],
  },
  {
    name: 'captures',
    title: 'calls of a function that uses what is around it, shipped and imported',
    columns: CALL_COLUMNS,
    subjects: [
      { name: 'shipped', program: 'calls-capturing', args: () => ['shipped'] },
      { name: 'imported', program: 'calls-capturing', args: () => ['imported'] },
    ],
    processLives: 'scenario',
    measure: call,
    ratios: [
      atLeast(0.9, 'calls/s, 64 in flight', 'shipped', 'imported'),
      atMost(1.1, 'CPU µs', 'shipped', 'imported'),
      recorded('µs, one at a time', 'shipped', 'imported'),
    ],
  },
  {
    name: 'many',
    title: 'one endpoint among 1 000, with 200 replicas, and alone',
    columns: HTTP_COLUMNS,
    subjects: [
      { name: 'alone', program: 'http-servelab-many' },
      { name: 'among many', program: 'http-servelab-many', args: manyArgs },
      { name: 'among many, 10 replicas', program: 'http-servelab-many', args: manyArgs, path: '/ten' },
    ],
    processLives: 'scenario',
    measure: getNoop,
    ratios: [atLeast(0.9, 'req/s', 'among many', 'alone'), recorded('req/s', 'among many, 10 replicas', 'alone')],
  },
  {
    name: 'batching',
    title: 'a model of 5 ms + 0.1 ms per item',
    columns: HTTP_COLUMNS,
    subjects: [
      { name: 'batches of 32', program: 'batching', args: () => ['32'] },
      { name: 'unbatched', program: 'batching', args: () => ['1'] },
    ],
    processLives: 'scenario',
    measure: getNoop,
    ratios: [atLeast(15, 'req/s', 'batches of 32', 'unbatched')],
  },
  {
    name: 'threads',
    title: 'what a thread costs',
    columns: THREAD_COLUMNS,
    subjects: [
      { name: 'servelab replica', program: 'threads-servelab' },
      { name: 'Worker', program: 'threads-worker' },
      { name: 'Piscina worker', program: 'threads-piscina' },
    ],
    processLives: 'round',
    measure: startThreads,
    ratios: [
      recorded('MiB, each', 'servelab replica', 'Worker'),
      recorded('MiB, each', 'servelab replica', 'Piscina worker'),
      recorded('ms, ten more', 'servelab replica', 'Piscina worker'),
    ],
  },
  {
    name: 'streams',
    title: '100 MB streamed over HTTP, down and up',
    columns: STREAM_COLUMNS,
    subjects: [
      { name: SERVELAB, program: 'stream-servelab' },
      { name: 'Koa', program: 'stream-koa' },
    ],
    processLives: 'scenario',
    measure: stream,
    ratios: [recorded('MB/s down', SERVELAB, 'Koa'), recorded('MB/s up', SERVELAB, 'Koa')],
  },
];

function atLeast(value: number, column: string, of: string, to: string): Ratio {
  return { column, of, to, target: { is: 'atLeast', value } };
}

function atMost(value: number, column: string, of: string, to: string): Ratio {
  return { column, of, to, target: { is: 'atMost', value } };
}

/** Without a target. */
function recorded(column: string, of: string, to: string): Ratio {
  return { column, of, to, target: null };
}
