// A session in a process of its own, on an instance in another, and what it puts out for what is typed.
import { randomUUID } from 'node:crypto';
import * as serve from 'servelab';
import { DATA } from '../../../repl/display/shown.ts';
import type { Output } from '../../../repl/session/protocol.ts';
import { type StartedSession, startSession } from '../../../repl/session/start-session.ts';

type Display = 'display_data' | 'update_display_data';

export interface Ran {
  readonly status: 'ok' | 'error' | 'aborted';
  /** What was printed. */
  readonly printed: string;
  /** What was shown on its way, updates included, oldest first. */
  readonly displays: readonly Extract<Output, { type: Display }>[];
  /** The result as text; null: none. */
  readonly result: string | null;
  /** The result as JSON, where it has that. */
  readonly data: unknown;
  /** `Name: message`; null: none. */
  readonly error: string | null;
  readonly outputs: readonly Output[];
}

export class PromptSession {
  readonly instance: serve.Client;
  readonly #session: StartedSession;
  readonly #take: Set<(output: Output) => void>;

  private constructor(instance: serve.Client, session: StartedSession, take: Set<(output: Output) => void>) {
    this.instance = instance;
    this.#session = session;
    this.#take = take;
  }

  /** `directory`: where the session's relative paths begin. */
  static async open(name: string, directory: string, options: serve.StartGiven = {}): Promise<PromptSession> {
    const instance = await serve.start({ name, host: 'process', http: { port: 0 }, ...options });
    const take = new Set<(output: Output) => void>();
    const session = await startSession(directory, (output) => {
      for (const one of take) one(output);
    });
    const { error } = await session.client.ask('connect_request', { instance: name });
    if (error !== null) throw new Error(error);
    return new PromptSession(instance, session, take);
  }

  /** To its end. `seen` is told of each output as it comes. */
  async run(code: string, seen: (output: Output) => void = () => {}, columns = 80): Promise<Ran> {
    const id = randomUUID();
    const outputs: Output[] = [];
    const idle = Promise.withResolvers<void>();
    const take = (output: Output): void => {
      if (!('parent' in output) || output.parent !== id) return;
      outputs.push(output);
      seen(output);
      if (output.type === 'status' && output.state === 'idle') idle.resolve();
    };
    this.#take.add(take);
    const look = { colors: false, columns };
    const { status } = await this.#session.client.ask('execute_request', { code, look }, id);
    await idle.promise;
    this.#take.delete(take);
    const results = outputs.filter((output) => output.type === 'execute_result');
    const error = outputs.find((output) => output.type === 'error');
    return {
      status,
      outputs,
      printed: outputs.map((output) => (output.type === 'stream' ? output.text : '')).join(''),
      displays: outputs.flatMap((output) => (isDisplay(output) ? [output] : [])),
      result: results.at(-1)?.data['text/plain'] ?? null,
      data: results.at(-1)?.data[DATA] ?? null,
      error: error === undefined ? null : error.text,
    };
  }

  /** Resolves with the first that is wanted, whoever it belongs to. */
  outputsUntil(isWanted: (output: Output) => boolean): Promise<Output> {
    return new Promise((resolve) => {
      const take = (output: Output): void => {
        if (!isWanted(output)) return;
        this.#take.delete(take);
        resolve(output);
      };
      this.#take.add(take);
    });
  }

  interrupt(): void {
    this.#session.client.interrupt();
  }

  async close(): Promise<void> {
    await this.#session.client.ask('shutdown_request', {});
    await this.#session.ended;
    this.#session.client.close();
    await this.instance.shutdown();
  }
}

const isDisplay = (output: Output): output is Extract<Output, { type: Display }> =>
  output.type === 'display_data' || output.type === 'update_display_data';
