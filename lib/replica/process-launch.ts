/**
 * Starts a replica's process so that it cannot outlive this one. It is the leader of a session of its own: a terminal's
 * Ctrl-C does not reach it, and what it has started itself ends when it ends. Not, however, when this process ends without
 * having ended its replicas, by a signal or by `process.exit`: then they end, and what they have started stays.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { ReplicaSpec } from '../domain/replica.ts';
import { death } from './death.ts';
import { inheritedFlags } from './node-flags.ts';
import { forwardOutput } from './process-output.ts';

const PROCESS_FILE = fileURLToPath(new URL('../inside/process.js', import.meta.url));
/** After a process has ended its last messages are still read, for so long at most, in ms. */
const LAST_MESSAGES_MS = 1000;

export interface LaunchedProcess {
  /** The socket that is the process's descriptor 3. */
  readonly control: Socket;
  /** Resolves when it has ended and its last messages are read, with how it ended. */
  readonly gone: Promise<Error>;
  /** The process alone no longer keeps this one alive. */
  unref(): void;
  /** Ends it and what it started, whatever they are doing. */
  kill(): void;
}

export function launchProcess(spec: ReplicaSpec): LaunchedProcess {
  const node = spec.node ?? process.execPath;
  const flags = inheritedFlags();
  if (spec.maxMemoryBytes !== null) flags.push(`--max-old-space-size=${heapMebibytes(spec.maxMemoryBytes)}`);
  const bond = deathBond();
  const watches = bond.length === 0;
  const run = [...bond, node, ...flags, PROCESS_FILE, String(process.pid), ...(watches ? ['watch'] : [])];
  const child = spawn(run[0] ?? node, run.slice(1), {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', ...(watches ? (['pipe'] as const) : [])],
    env: { ...process.env, ...spec.envVars },
  });
  // Also when it ends by itself, in good order or not: what it has started does not stay behind.
  child.once('exit', () => killGroup(child));
  const control = controlOf(child);
  const lastOutput = forwardOutput(child, spec.replica);
  return {
    control,
    gone: goneOf(child, control, lastOutput),
    unref() {
      child.unref();
      for (const stream of child.stdio.slice(1)) (stream as Socket).unref();
    },
    kill() {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      child.ref(); // who waits for its end keeps this process alive
      killGroup(child);
    },
  };
}

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
  const command = ['setpriv', '--pdeathsig', 'KILL'];
  bond ??= spawnSync('setpriv', [...command.slice(1), 'true']).status === 0 ? command : [];
  return bond;
}

/** Throws when there is none: Node makes no pipes where it may open no more files, and tells why only later. */
function controlOf(child: ChildProcess): Socket {
  const control = (child.stdio as ChildProcess['stdio'] | undefined)?.[3];
  if (control) return control as Socket;
  child.once('error', () => {});
  throw new Error(
    'its process could not be started: this process may open no more files; raise the limit (ulimit -n), ' +
      'or have fewer replicas',
  );
}

async function goneOf(child: ChildProcess, control: Socket, lastOutput: () => string): Promise<Error> {
  const read = new Promise<void>((resolve) => control.once('close', () => resolve()));
  const end = await new Promise<Error>((resolve) => {
    child.once('error', (cause) => resolve(death(`its process could not be started: ${cause.message}`, cause)));
    child.once('exit', (code, signal) => resolve(endOf(code, signal, lastOutput())));
  });
  const late = new Promise<void>((resolve) => setTimeout(resolve, LAST_MESSAGES_MS).unref());
  await Promise.race([read, late]);
  return end;
}

function endOf(code: number | null, signal: NodeJS.Signals | null, output: string): Error {
  const memory = /^.*(?:heap out of memory|Fatal process out of memory).*$/m.exec(output)?.[0];
  if (memory) return death(`out of memory: ${memory.trim()}`);
  if (signal !== null) return death(`its process was ended by ${signal}`);
  return death(`its code called process.exit(${code})`);
}

const heapMebibytes = (bytes: number): number => Math.max(8, Math.floor(bytes / 1024 / 1024));
