/** Begins a session's process. It imports nothing of ours: who is in a hurry begins one before all else is loaded. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FILE = fileURLToPath(new URL('./session-process.js', import.meta.url));

/** Of the directories of sessions, in that of temporary files. */
export const SESSION_PREFIX = 'servelab-session-';

/** How a session's process ended: by its own will with a code, or by a signal. */
export interface SessionEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that has loaded what a session needs, or is about to, and waits for its task. */
export interface LaunchedSession {
  /** Of its sockets. */
  readonly directory: string;
  readonly process: ChildProcess;
  readonly ended: Promise<SessionEnd>;
}

export function launchSession(): LaunchedSession {
  const directory = mkdtempSync(join(tmpdir(), SESSION_PREFIX));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', FILE, directory], {
    // 0: its task. 3: the life line. 4: says when its sockets are there.
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    // Ctrl+C at the terminal is not for it: its front ends interrupt it.
    detached: true,
  });
  const ended = new Promise<SessionEnd>((resolve) => {
    child.once('exit', (code, signal) => {
      rmSync(directory, { recursive: true, force: true });
      resolve({ code, signal });
    });
  });
  for (const stream of [child.stdin, child.stdio[3]]) stream?.on('error', () => {}); // it has ended
  return { directory, process: child, ended };
}
