/**
 * The program of a process that hosts one instance: `host.js <name> first`, where descriptor 3 leads to who starts it, who
 * says how and is told whether it did; or `host.js <name> again`, as it was started before. A detached one goes on when
 * the starter lets go; another ends with its starter, in whatever way that ends.
 */
import { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { readHostRecord, writeHostRecord } from '../control/host-record.ts';
import { stateDirectoryOf } from '../control/state-directory.ts';
import { isServeError, ServeError } from '../errors.ts';
import { HOST_EXIT } from '../host-exit.ts';
import type { FromHost, HostTask } from '../host-task.ts';
import { formatEvent } from '../telemetry/event-log.ts';
import { packError } from '../wire/error-envelope.ts';
import { SocketPort } from '../wire/socket-port.ts';
import { revivedOptions } from './host-options.ts';
import { rotateOutput } from './log-file.ts';
import { type HostedInstance, hostInstance } from './start-instance.ts';

/** How long an instance may take to stop in good order when its owner is gone, in ms. */
const GRACE_MS = 3000;
const LONG_MS = 2 ** 30;
const MAX_LOG_BYTES = 10 * 1024 * 1024;

const [name = '', what] = process.argv.slice(2);
process.title = `servelab instance ${name}`;
// The terminal it was started from may close, and whoever reads its output may go.
process.on('SIGHUP', () => {});
for (const output of [process.stdout, process.stderr]) output.on('error', () => {});
// From the first moment on: one that is told to end while it starts does not stay, and is not started again.
const ending = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ending.abort(signal));

if (what === 'again') await hostAgain();
else hostFor(new SocketPort(new Socket({ fd: 3, readable: true, writable: true })));

function hostFor(starter: SocketPort): void {
  const answer = (message: FromHost): void => starter.postMessage(message);
  starter.once('message', async (task: HostTask) => {
    try {
      const instance = await host(task);
      if (!task.options.detached) endWithOwner(starter, instance);
      answer({ type: 'started' });
      await live(instance);
    } catch (error) {
      answer({ type: 'failed', error: packError(error) });
      starter.on('close', () => process.exit(HOST_EXIT.notStarted));
      starter.close();
    }
  });
}

async function hostAgain(): Promise<void> {
  try {
    const task = readHostRecord(stateDirectoryOf(name).path) as HostTask | null;
    if (task === null) process.exit(HOST_EXIT.notNeeded);
    await live(await host(task));
  } catch (error) {
    if (ending.signal.aborted) process.exit(HOST_EXIT.ended);
    const stack = error instanceof Error ? error.stack : String(error);
    say(`could not be started again: ${stack}`);
    process.exit(isServeError(error) && error.code === 'INSTANCE_EXISTS' ? HOST_EXIT.notNeeded : HOST_EXIT.notStarted);
  }
}

/** Starts it; what a detached one needs to be started again is kept before anybody is told. */
async function host(task: HostTask): Promise<HostedInstance> {
  const instance = await hostOnPort(task);
  if (ending.signal.aborted) {
    await instance.end();
    await instance.ended;
    const reason = `it was told to end (${ending.signal.reason}) before it had started`;
    throw new ServeError('LISTEN_FAILED', `instance '${name}' could not be started: ${reason}; start it again`);
  }
  instance.events.subscribe((event) => void process.stdout.write(`${formatEvent(event)}\n`));
  const { options } = task;
  if (options.detached) writeHostRecord(instance.directory, asStarted(task, instance.client.http?.url ?? null));
  return instance;
}

async function hostOnPort(task: HostTask): Promise<HostedInstance> {
  const options = await revivedOptions(task.options);
  try {
    return await hostInstance(options, ending.signal);
  } catch (error) {
    const isTaken = isServeError(error) && error.code === 'PORT_IN_USE';
    if (!isTaken || !task.takesAnyPort || options.http === null) throw error;
    return hostInstance({ ...options, http: { ...options.http, port: 0 } }, ending.signal);
  }
}

/** With the port that it has: whoever knows its address finds it there again. */
function asStarted({ options, takesAnyPort }: HostTask, url: string | null): HostTask {
  const { http } = options;
  if (http === null || url === null) return { options, takesAnyPort };
  return {
    options: { ...options, http: { ...http, port: Number(new URL(url).port || 80) } },
    takesAnyPort: takesAnyPort || http.port === 0,
  };
}

/** Until it has ended; then this process does, too. */
async function live(instance: HostedInstance): Promise<void> {
  const { log } = stateDirectoryOf(name);
  rotateOutput(log, MAX_LOG_BYTES);
  ending.signal.addEventListener('abort', () => void instance.end());
  if (ending.signal.aborted) void instance.end();
  // Without HTTP nothing else keeps the process: neither replicas nor connections do.
  setInterval(() => {}, LONG_MS);
  await instance.ended;
  process.exit(HOST_EXIT.ended);
}

/** However the owner ends, its end of the descriptor closes. A thread sees to it that this one ends, too. */
function endWithOwner(starter: SocketPort, instance: HostedInstance): void {
  const watch = new URL('../wire/parent-watch.js', import.meta.url);
  new Worker(watch, { workerData: { graceMs: GRACE_MS }, execArgv: [] }).unref();
  starter.on('close', () => void instance.end());
}

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString()} servelab: instance '${name}' ${text}\n`);
}
