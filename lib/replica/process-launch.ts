/**
 * Starts a replica's process so that it cannot outlive this one. It is the leader of a session of its own: a terminal's
 * Ctrl-C does not reach it, and what it has started itself ends when it ends. Not, however, when this process ends without
 * having ended its replicas, by a signal or by `process.exit`: then they end, and what they have started stays.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ReplicaSpec } from '../domain/replica.ts';
import { forwardProcess } from './forward-output.ts';
import { inheritedFlags } from './node-flags.ts';
import type { ProcessEnd } from './process-death.ts';

const PROCESS_FILE = fileURLToPath(new URL('../inside/process.js', import.meta.url));
/** After a process has ended its last messages are still read, for so long at most, in ms. */
const LAST_MESSAGES_MS = 1000;
/** And what it printed; a process that it has started, and that has got away, may hold that open for ever. */
const LAST_OUTPUT_MS = 100;

export interface LaunchedProcess {
  /** The socket that is the process's descriptor 3. */
  readonly control: Socket;
  /** Resolves when it has ended and its last messages are read, with how it ended. */
  readonly gone: Promise<ProcessEnd>;
  /** The process alone no longer keeps this one alive. */
  unref(): void;
  /** Ends it and what it started, whatever they are doing. */
  kill(): void;
}

/** Never throws: one that cannot be started is gone. */
export function launchProcess(spec: ReplicaSpec): LaunchedProcess {
  let child: ChildProcess;
  try {
    child = spawnReplica(spec);
  } catch (failure) {
    return neverStarted(failure as NodeJS.ErrnoException);
  }
  // Also when it ends by itself, in good order or not: what it has started does not stay behind.
  child.once('exit', () => killGroup(child));
  // Node gives no streams to one for which there was no descriptor left.
  const streams = (child.stdio ?? []) as readonly (Socket | null)[];
  const control = streams[3] ?? closedSocket();
  const lastOutput = forwardProcess(child, spec);
  return {
    control,
    gone: goneOf(child, control, lastOutput),
    unref() {
      child.unref();
      for (const stream of streams) stream?.unref();
    },
    kill() {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      child.ref(); // who waits for its end keeps this process alive
      killGroup(child);
    },
  };
}

function spawnReplica(spec: ReplicaSpec): ChildProcess {
  const node = spec.node ?? process.execPath;
  const flags = inheritedFlags();
  if (spec.maxMemoryBytes !== null) flags.push(`--max-old-space-size=${heapMebibytes(spec.maxMemoryBytes)}`);
  const bond = deathBond();
  const watches = bond.length === 0;
  const run = [...bond, node, ...flags, PROCESS_FILE, String(process.pid), ...(watches ? ['watch'] : [])];
  return spawn(run[0] ?? node, run.slice(1), {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', ...(watches ? (['pipe'] as const) : [])],
    env: { ...process.env, ...spec.envVars },
  });
}

const closedSocket = (): Socket => new Socket().destroy();

const neverStarted = (failure: NodeJS.ErrnoException): LaunchedProcess => ({
  control: closedSocket(),
  gone: Promise.resolve({ failure, code: null, signal: null, output: '' }),
  unref() {},
  kill() {},
});

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // Nobody is left in it, or only who runs as another user, whom we may not end.
    if (!['ESRCH', 'EPERM'].includes(String((error as NodeJS.ErrnoException).code))) throw error;
  }
}

let bond: readonly string[] | null = null;

/**
 * What makes Linux kill the process when this one ends, in whatever way and whatever it is doing: util-linux's setpriv,
 * where there is one that can. Elsewhere the process watches descriptor 4 in a thread of its own.
 */
function deathBond(): readonly string[] {
  if (bond !== null) return bond;
  const command = ['setpriv', '--pdeathsig', 'KILL'];
  const { status, error } = spawnSync('setpriv', [...command.slice(1), 'true']);
  const found = status === 0 ? command : [];
  // Not for good where it could not even be tried, for want of descriptors, say.
  if (!error || (error as NodeJS.ErrnoException).code === 'ENOENT') bond = found;
  return found;
}

async function goneOf(child: ChildProcess, control: Socket, lastOutput: () => string): Promise<ProcessEnd> {
  const read = closeOf(control);
  const printed = closeOf(child.stderr);
  const end = await new Promise<Omit<ProcessEnd, 'output'>>((resolve) => {
    child.once('error', (failure) => resolve({ failure, code: null, signal: null }));
    child.once('exit', (code, signal) => resolve({ failure: null, code, signal }));
  });
  await Promise.race([read, after(LAST_MESSAGES_MS)]);
  await Promise.race([printed, after(LAST_OUTPUT_MS)]);
  return { ...end, output: lastOutput() };
}

const closeOf = async (stream: Readable | null): Promise<void> =>
  new Promise((resolve) => (stream ? stream.once('close', resolve) : resolve()));

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());

const heapMebibytes = (bytes: number): number => Math.max(8, Math.floor(bytes / 1024 / 1024));
