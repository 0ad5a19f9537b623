/** The session of a prompt: started, and started again when it was killed, on the same instance. */
import { messageOf } from '../message-of.ts';
import type { SessionEnd } from '../session/launch-session.ts';
import type { ExecuteRequest, Output } from '../session/protocol.ts';
import { SessionEnded } from '../session/session-client.ts';
import { type StartedSession, startSession } from '../session/start-session.ts';

interface KeeperParts {
  show(output: Output): void;
  /** For the user to read. */
  say(text: string): void;
  /** By `process.exit()`, say. */
  userEnded(code: number): void;
}

/** After which a session that was asked to end is killed. */
const GRACE_MS = 3000;

export class SessionKeeper {
  readonly #parts: KeeperParts;
  #session: Promise<StartedSession>;
  #instance: string | null = null;
  #isEnding = false;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
    this.#session = this.#started();
  }

  /** Cells that were sent before run from now on. Rejects when the session cannot reach it. */
  async connect(instance: string): Promise<void> {
    const { client } = await this.#session;
    this.#instance = instance;
    const { error } = await client.ask('connect_request', { instance });
    if (error !== null) throw new Error(error);
  }

  /** A cell has connected it to another one, to which one that is started anew is connected, too. */
  moved(instance: string): void {
    this.#instance = instance;
  }

  async execute(asked: Omit<ExecuteRequest, 'type' | 'id'>, id: string): Promise<void> {
    try {
      const { client } = await this.#session;
      await client.ask('execute_request', asked, id);
    } catch (error) {
      // Its end is told by `#ended`.
      if (!(error instanceof SessionEnded)) this.#parts.say(messageOf(error));
    }
  }

  /** None while there is no session. */
  async complete(code: string, cursor: number): Promise<{ matches: readonly string[]; start: number }> {
    try {
      return await (await this.#session).client.ask('complete_request', { code, cursor });
    } catch {
      return { matches: [], start: cursor };
    }
  }

  async interrupt(): Promise<'taken' | 'stuck'> {
    const session = await this.#session.catch(() => null);
    return session === null ? 'taken' : session.client.interrupt();
  }

  kill(): void {
    void this.#session.then(
      (session) => session.process.kill('SIGKILL'),
      () => {}, // there is none
    );
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    const session = await this.#session.catch(() => null);
    if (session === null) return;
    const timer = setTimeout(() => session.process.kill('SIGKILL'), GRACE_MS);
    void session.client.interrupt();
    await session.client.ask('shutdown_request', {}).catch(() => null);
    await session.ended;
    clearTimeout(timer);
  }

  /** Whoever waits for it is told why there is none. */
  #started(): Promise<StartedSession> {
    const session = this.#start();
    session.catch(() => {});
    return session;
  }

  async #start(): Promise<StartedSession> {
    const session = await startSession(process.cwd(), (output) => this.#parts.show(output));
    void session.ended.then((end) => this.#ended(end));
    return session;
  }

  async #ended({ code, signal }: SessionEnd): Promise<void> {
    if (this.#isEnding) return;
    if (code !== null) return this.#parts.userEnded(code);
    this.#parts.say(
      `the session was ended by ${signal}: what was defined here is lost, the instance goes on; a new session begins`,
    );
    this.#session = this.#started();
    if (this.#instance !== null) await this.connect(this.#instance).catch((error) => this.#parts.say(messageOf(error)));
  }
}
