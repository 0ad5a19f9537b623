/** The controls of an instance in another process, over a connection that is made anew when it was lost. */
import { ownAuthor } from '../author.ts';
import { ControlClient } from '../control/control-client.ts';
import { CONTROL_NAMES, type Controls } from '../controls.ts';
import { isServeError, ServeError } from '../errors.ts';
import { version } from '../version.ts';
import type { Reach } from './reach.ts';

/** What changes nothing, and may be asked again where the first answer was lost. */
const QUESTIONS: ReadonlySet<string> = new Set([
  'getBackendConfig',
  'listBackends',
  'listEndpoints',
  'status',
  'statusAfter',
  'eventsAfter',
  'tracesAfter',
  'trace',
  'requireEndpoint',
  'history',
  'describe',
  'metrics',
  'performance',
] satisfies (keyof Controls)[]);

/** More than an instance ever counts. */
const SERIALS_OF_ONE = 2 ** 40;

export class RemoteControls {
  readonly #reach: Reach;
  readonly controls: Controls;
  #line: Promise<ControlClient> | null = null;
  /** How many connections there have been: what one instance has counted says nothing to its successor. */
  #lines = 0;
  #httpUrl: string | null = null;

  constructor(reach: Reach) {
    this.#reach = reach;
    this.controls = {
      ...Object.fromEntries(
        CONTROL_NAMES.map((method) => [method, (...args: readonly unknown[]) => this.call(method, args)]),
      ),
      statusAfter: (after: number | null) => this.#statusAfter(after),
      shutdown: () => this.#shutdown(),
    } as unknown as Controls;
  }

  /** As the instance has said when it was last connected to. */
  get httpUrl(): string | null {
    return this.#httpUrl;
  }

  /** Rejects with INSTANCE_NOT_FOUND, PROTOCOL_ERROR. */
  async open(): Promise<ControlClient> {
    this.#line ??= this.#opened();
    const line = this.#line;
    try {
      const client = await line;
      if (!client.isGone) return client;
    } catch (error) {
      if (this.#line === line) this.#line = null;
      throw error;
    }
    if (this.#line === line) this.#line = null;
    return this.open();
  }

  call(method: string, args: readonly unknown[]): Promise<unknown> {
    return this.#ask(method, async (client) => client.call(method, args, ownAuthor()));
  }

  async close(): Promise<void> {
    const client = await this.#line?.catch(() => null);
    client?.close();
  }

  async #opened(): Promise<ControlClient> {
    const client = await this.#reach.open((socket) => ControlClient.open(socket, version));
    this.#lines++;
    this.#httpUrl = client.welcome.httpUrl;
    this.#reach.found(client.welcome.comesBack);
    void client.gone.then(() => this.#reach.lost());
    return client;
  }

  /** What was sent and not answered is asked once more, if it is a question, of whoever is there then. */
  async #ask<Answer>(method: string, ask: (client: ControlClient) => Promise<Answer>): Promise<Answer> {
    const client = await this.open();
    try {
      return await ask(client);
    } catch (error) {
      if (!client.isGone || !isServeError(error) || error.code !== 'INSTANCE_NOT_FOUND') throw error;
      if (!QUESTIONS.has(method)) throw this.#lost(error);
      await this.open().catch((cause) => {
        throw hasEnded(client, cause);
      });
      return this.#ask(method, ask);
    }
  }

  /** The call may have been carried out; what is known is whether there is an instance to ask. */
  #lost(error: ServeError): ServeError {
    return this.#reach.isShutDown ? new ServeError('CLIENT_CLOSED', `shut down meanwhile: ${error.message}`) : error;
  }

  /** Somebody else may have done it already. */
  async #shutdown(): Promise<void> {
    await this.call('shutdown', []).catch((error) => {
      if (!isServeError(error) || error.code !== 'CLIENT_CLOSED') throw error;
    });
  }

  async #statusAfter(after: number | null): ReturnType<Controls['statusAfter']> {
    return this.#ask('statusAfter', async (client) => {
      const base = this.#lines * SERIALS_OF_ONE;
      const seen = after !== null && after >= base ? after - base : null;
      const answer = (await client.call('statusAfter', [seen], ownAuthor())) as Awaited<
        ReturnType<Controls['statusAfter']>
      >;
      return { ...answer, serial: base + answer.serial };
    });
  }
}

function hasEnded({ welcome: { instance, pid } }: ControlClient, cause: unknown): unknown {
  if (!isServeError(cause) || cause.code !== 'INSTANCE_NOT_FOUND') return cause; // it was shut down, say
  return new ServeError('INSTANCE_NOT_FOUND', `instance '${instance}' (process ${pid}) has ended: ${cause.message}`);
}
