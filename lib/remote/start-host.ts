/** Starts an instance in a process of its own, and waits for what becomes of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Client } from '../client.ts';
import { makeStateDirectory } from '../control/state-directory.ts';
import { hostedHere } from '../current.ts';
import { INSTANCE_VARIABLE } from '../domain/replica.ts';
import { ServeError } from '../errors.ts';
import type { FromHost, HostTask } from '../host-task.ts';
import type { StartOptions } from '../options.ts';
import type { StartGiven } from '../serve.ts';
import { unpackError } from '../wire/error-envelope.ts';
import { SocketPort } from '../wire/socket-port.ts';
import { hostTask } from './host-task.ts';
import { connectToInstance } from './remote-instance.ts';

const HOST_FILE = fileURLToPath(new URL('../instance/host.js', import.meta.url));
const SUPERVISOR_FILE = fileURLToPath(new URL('../instance/host-supervisor.js', import.meta.url));

/** After a process has let go its end is waited for, for so long, in ms. */
const LAST_WORD_MS = 2000;

/** Rejects with what the instance rejected with, or LISTEN_FAILED: no log can be written, its process ended unheard. */
export async function startHost(options: StartOptions, given: StartGiven): Promise<Client> {
  const { name, detached } = options;
  if (hostedHere.has(name)) throw hostedInline(name);
  const { log, path } = makeStateDirectory(name);
  const task = await hostTask(options, given, path);
  const child = spawnHost(task, log);
  const starter = new SocketPort(child.stdio[3] as Socket);
  try {
    await started(child, starter, task, log);
  } finally {
    starter.unref();
    child.unref();
    (child.stdio[4] as Socket | null)?.unref();
  }
  if (detached) starter.close();
  return connectToInstance(name);
}

function spawnHost({ options }: HostTask, log: string): ChildProcess {
  const { name, detached, restart } = options;
  const output = openLog(name, log);
  // It is no part of the replica that starts it, if one does.
  const { [INSTANCE_VARIABLE]: _, ...env } = process.env;
  // Descriptor 4 is the owner's life line: the host's own watch reads it.
  const lifeLine = detached ? ([] as const) : (['pipe'] as const);
  try {
    return spawn(process.execPath, [restart ? SUPERVISOR_FILE : HOST_FILE, name, 'first'], {
      detached: true,
      stdio: ['ignore', output, output, 'pipe', ...lifeLine],
      env,
    });
  } finally {
    closeSync(output);
  }
}

function openLog(name: string, log: string): number {
  try {
    return openSync(log, 'a', 0o600);
  } catch (cause) {
    const found = `its log ${log} cannot be opened for appending: ${cause instanceof Error ? cause.message : cause}`;
    const next = `move that away, or run \`chmod 600 ${log}\`, and start it again`;
    throw failed(name, `${found}; it must be a file that you may write; ${next}`, cause);
  }
}

function started(child: ChildProcess, starter: SocketPort, task: HostTask, log: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const { name } = task.options;
    starter.on('message', (message: FromHost) => {
      if (message.type === 'started') resolve();
      else reject(unpackError(message.error));
    });
    child.once('error', (cause) => reject(failed(name, `its process could not be started: ${cause.message}`, cause)));
    child.once('exit', (code, signal) => reject(failed(name, `its process ended with ${signal ?? code}; see ${log}`)));
    // How it ended says more, and follows at once, unless its supervisor starts it again.
    const silent = (): void => reject(failed(name, `its process ended before it was done; see ${log}`));
    starter.on('close', () => setTimeout(silent, LAST_WORD_MS).unref());
    starter.postMessage(task);
  });
}

const hostedInline = (name: string): ServeError =>
  new ServeError(
    'INSTANCE_EXISTS',
    `instance '${name}' runs already, in this process; get a client with serve.connect({ name: '${name}' })`,
  );

const failed = (name: string, reason: string, cause?: unknown): ServeError =>
  new ServeError('LISTEN_FAILED', `instance '${name}' could not be started: ${reason}`, { cause });
