/** Starts a session in a process of its own, which ends with the one that starts it, also when that is killed. */
import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { type LaunchedSession, launchSession, type SessionEnd } from './launch-session.ts';
import { CONTROLLED, LISTENING, type Output, READY_FD, type SessionTask } from './protocol.ts';
import { SessionClient } from './session-client.ts';

/** Further front ends connect in its directory. */
export interface StartedSession extends LaunchedSession {
  readonly client: SessionClient;
}

export interface StartOptions extends Pick<SessionTask, 'typesAreOff' | 'instance'> {
  /** Default: one that is launched now. */
  readonly launched?: LaunchedSession;
}

/** Rejects when its process ends before it listens; the message holds what it has printed. */
export async function startSession(
  workingDirectory: string,
  show: (output: Output) => void,
  { launched = launchSession(), ...options }: StartOptions = {},
): Promise<StartedSession> {
  const { directory, process: child, ended } = launched;
  const task: SessionTask = { ...options, workingDirectory };
  (child.stdin as Writable).end(JSON.stringify(task));
  const early = printed(child, show);
  const { listening, controlled } = socketsOf(child, ended, early);
  await listening;
  return { directory, client: new SessionClient(directory, show, controlled), process: child, ended };
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

/** When its sockets are there: `listening` rejects when it ends before, `controlled` then never settles. */
function socketsOf(
  child: ChildProcess,
  ended: Promise<SessionEnd>,
  early: { text: string },
): { readonly listening: Promise<void>; readonly controlled: Promise<void> } {
  const [listening, controlled] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let said = '';
  (child.stdio[READY_FD] as Readable).on('data', (text) => {
    said += text;
    if (said.includes(LISTENING)) listening.resolve();
    if (said.includes(CONTROLLED)) controlled.resolve();
  });
  child.once('error', listening.reject);
  void ended.then(({ code, signal }) =>
    listening.reject(
      new Error(`the session's process ended with ${signal ?? code} before it was there\n${early.text}`),
    ),
  );
  return { listening: listening.promise, controlled: controlled.promise };
}
