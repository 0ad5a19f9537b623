/** What a kernel is the front end of: a session in a process of its own, and the instance it works on, in another. */
import { type Client, findInstance } from '../../lib/index.ts';
import { messageOf } from '../message-of.ts';
import type { SessionEnd } from '../session/launch-session.ts';
import type { Output } from '../session/protocol.ts';
import type { SessionClient } from '../session/session-client.ts';
import { type StartedSession, startSession } from '../session/start-session.ts';
import { followPrinted } from '../terminal/printed-lines.ts';
import { type NotebookInstance, openInstance } from './notebook-instance.ts';

interface KernelSessionParts {
  /** Which runs; null: one of its own, that begins empty with each kernel. */
  readonly instance: string | null;
  show(output: Output): void;
  /** For the user to read. */
  say(text: string): void;
  /** The session's process has ended unasked. */
  ended(end: SessionEnd): void;
}

/** After which a session that was asked to end is killed, and an instance is left to end with this process, in ms. */
const SESSION_GRACE_MS = 1_500;
const INSTANCE_GRACE_MS = 2_500;

export class KernelSession {
  readonly client: SessionClient;
  /** Resolves when `client` is defined in cells; rejects when there is no instance to be had. */
  readonly connected: Promise<void>;
  readonly #parts: KernelSessionParts;
  readonly #session: StartedSession;
  /** Ends the showing of what its backends print. */
  #following = new AbortController();
  #own: Client | null = null;
  #isEnding = false;

  private constructor(session: StartedSession, opened: Promise<NotebookInstance>, parts: KernelSessionParts) {
    this.#session = session;
    this.#parts = parts;
    this.client = session.client;
    this.connected = this.#connect(opened);
    this.connected.catch(() => {});
    void session.ended.then((end) => {
      if (!this.#isEnding) parts.ended(end);
    });
  }

  /** In this process's working directory, which is the notebook's. */
  static async start(parts: KernelSessionParts): Promise<KernelSession> {
    // Beside the session, as both take their time.
    const opened = openInstance(parts.instance);
    opened.catch(() => {});
    const session = await startSession(process.cwd(), (output) => parts.show(output));
    return new KernelSession(session, opened, parts);
  }

  /** The session first: users' `using` may still want the instance. */
  async end(): Promise<void> {
    this.#isEnding = true;
    this.#following.abort();
    const timer = setTimeout(() => this.#session.process.kill('SIGKILL'), SESSION_GRACE_MS);
    void this.client.interrupt();
    await this.client.ask('shutdown_request', {}).catch(() => null);
    await this.#session.ended;
    clearTimeout(timer);
    const ended = this.#own?.shutdown().catch(() => {
      // It has gone before.
    });
    await Promise.race([ended, pause(INSTANCE_GRACE_MS)]);
  }

  async #connect(opened: Promise<NotebookInstance>): Promise<void> {
    const { name, own } = await opened;
    this.#own = own;
    const { error } = await this.client.ask('connect_request', { instance: name });
    if (error !== null) throw new Error(error);
    if (own === null) return;
    void this.#replaceWhenLost(own);
    await this.#followPrinted(name);
  }

  async #followPrinted(name: string): Promise<void> {
    const { log } = await findInstance(name);
    if (log === null) return;
    const show = (text: string): void => this.#parts.show({ type: 'stream', parent: null, name: 'stdout', text });
    void followPrinted(log, show, this.#following.signal);
  }

  /** One that was shut down has gone; one that was killed is replaced by an empty one, as at the prompt. */
  async #replaceWhenLost(lost: Client): Promise<void> {
    const wasKilled = await lost.ended().then(
      () => false,
      () => true,
    );
    if (!wasKilled || this.#isEnding) return;
    const { say } = this.#parts;
    this.#following.abort();
    this.#following = new AbortController();
    await lost.close().catch(() => {
      // It has gone before.
    });
    say('the process of the instance has ended: what it served is gone, what is defined here is not\n');
    try {
      await this.#connect(openInstance(null));
      say(`a new one begins, with nothing in it: HTTP on ${this.#own?.http?.url}\n`);
    } catch (error) {
      say(`another cannot be started: ${messageOf(error)}\n`);
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
