/** Calls by handle from another process, which has connected to an instance of this one. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type * as serve from 'servelab';
import * as assert from 'uvu/assert';
import type { HandleAnswer } from './handle-load.ts';

const PROGRAM = fileURLToPath(new URL('../../../test/fixtures/load/caller.ts', import.meta.url));

export interface CodeUpdate extends Pick<serve.CreateBackendGiven, 'config' | 'actorOptions'> {
  readonly tag: string;
  readonly module: string;
  readonly exportName: string;
  readonly initArgs: readonly unknown[];
}

/** How an update was refused; `cause` null: without one. */
export interface Refusal {
  readonly code: unknown;
  readonly message: string;
  readonly cause: { readonly name: string; readonly message: string } | null;
}

export function refusalOf(error: unknown): Refusal {
  if (!(error instanceof Error)) throw error;
  const { cause } = error;
  return {
    code: (error as { code?: unknown }).code,
    message: error.message,
    cause: cause instanceof Error ? { name: cause.name, message: cause.message } : null,
  };
}

export type ToCaller =
  | { readonly type: 'mark'; readonly inForce: number }
  | ({ readonly type: 'update' } & CodeUpdate)
  | { readonly type: 'stream'; readonly id: string }
  | { readonly type: 'more'; readonly count: number }
  | { readonly type: 'stop' };

type FromCaller =
  | { readonly type: 'calling' | 'marked' | 'answered' }
  /** Null: it has resolved. */
  | { readonly type: 'updated'; readonly refusal: Refusal | null }
  | { readonly type: 'stopped'; readonly answers: readonly HandleAnswer[] };

export class RemoteCaller {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'exit');
  }

  /** Resolves when so many callers of the endpoint have begun; `name` starts each of their ids. */
  static async start(instance: string, endpoint: string, name: string, callers: number): Promise<RemoteCaller> {
    const execArgv = ['--disable-warning=ExperimentalWarning'];
    const caller = new RemoteCaller(fork(PROGRAM, [instance, endpoint, name, String(callers)], { execArgv }));
    await caller.#hear('calling');
    return caller;
  }

  /** Resolves when every call from then on is marked with this. */
  async mark(inForce: number): Promise<void> {
    this.#child.send({ type: 'mark', inForce } satisfies ToCaller);
    await this.#hear('marked');
  }

  /** Has it update a backend's code. Resolves when its own call has settled, with its refusal. */
  async update(update: CodeUpdate): Promise<Refusal | null> {
    this.#child.send({ type: 'update', ...update } satisfies ToCaller);
    return (await this.#hear('updated')).refusal;
  }

  /** Has it call with the argument `stream`. */
  stream(id: string): void {
    this.#child.send({ type: 'stream', id } satisfies ToCaller);
  }

  /** Resolves when so many more calls were made and answered. */
  async more(count: number): Promise<void> {
    this.#child.send({ type: 'more', count } satisfies ToCaller);
    await this.#hear('answered');
  }

  async stop(): Promise<readonly HandleAnswer[]> {
    this.#child.send({ type: 'stop' } satisfies ToCaller);
    const { answers } = await this.#hear('stopped');
    await this.#ended;
    return answers;
  }

  /** However the test ends. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.#ended;
  }

  async #hear<Type extends FromCaller['type']>(type: Type): Promise<Extract<FromCaller, { type: Type }>> {
    const ended = this.#ended.then(() => [{ type: 'an exit' }]);
    const [message] = (await Promise.race([once(this.#child, 'message'), ended])) as [FromCaller];
    assert.is(message.type, type);
    return message as Extract<FromCaller, { type: Type }>;
  }
}
