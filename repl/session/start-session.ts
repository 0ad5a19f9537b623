/** Starts a session in a process of its own, which ends with the one that starts it, also when that is killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Output, SessionTask } from './protocol.ts';
import { SessionClient } from './session-client.ts';

const FILE = fileURLToPath(new URL('./session-process.js', import.meta.url));

/** How a session's process ended: by its own will with a code, or by a signal. */
export interface SessionEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StartedSession {
  /** Of its sockets: further front ends connect there. */
  readonly directory: string;
  readonly client: SessionClient;
  readonly process: ChildProcess;
  readonly ended: Promise<SessionEnd>;
}

/** Rejects when its process ends before it listens; the message holds what it has printed. */
export async function startSession(workingDirectory: string, show: (output: Output) => void): Promise<StartedSession> {
  const directory = mkdtempSync(join(tmpdir(), 'servelab-session-'));
  const task: SessionTask = { directory, workingDirectory };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', FILE, JSON.stringify(task)], {
    // 3: the life line. 4: says when it listens.
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    // Ctrl+C at the terminal is not for it: its front ends interrupt it.
    detached: true,
  });
  const ended = new Promise<SessionEnd>((resolve) => {
    child.once('exit', (code, signal) => {
      rmSync(directory, { recursive: true, force: true });
      resolve({ code, signal });
    });
  });
  const early = printed(child, show);
  await listening(child, ended, early);
  return { directory, client: new SessionClient(directory, show), process: child, ended };
}

/** What does not come by way of the session: native code's output, and that of processes that cells start. */
function printed(child: ChildProcess, show: (output: Output) => void): { text: string } {
  const early = { text: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = child[name] as Readable;
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      early.text = (early.text + text).slice(-2000);
      show({ type: 'stream', parent: null, name, text });
    });
  }
  return early;
}

function listening(child: ChildProcess, ended: Promise<SessionEnd>, early: { text: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    (child.stdio[4] as Readable).once('data', () => resolve());
    (child.stdio[3] as Writable).on('error', () => {});
    child.once('error', reject);
    void ended.then(({ code, signal }) =>
      reject(new Error(`the session's process ended with ${signal ?? code} before it was there\n${early.text}`)),
    );
  });
}
