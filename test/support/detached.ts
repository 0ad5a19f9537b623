/** A detached instance for one test: killed, found and started again as users do it, and gone when the test is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as serve from 'servelab';
import { codeOf, until } from './instance.ts';
import { isAlive, type LiveProcess, marked } from './processes.ts';

const MARK = 'SERVELAB_TEST_DETACHED';
let started = 0;

export class Detached {
  readonly name: string;
  readonly #mark: string;
  readonly #clients: serve.Client[] = [];

  constructor(name: string) {
    this.name = name;
    this.#mark = `${name}-of-${process.pid}`;
  }

  /** Starts it, or starts it again. */
  async start(options: serve.StartGiven = {}): Promise<serve.Client> {
    process.env[MARK] = this.#mark;
    try {
      return this.#keep(await serve.start({ ...options, name: this.name, detached: true }));
    } finally {
      delete process.env[MARK];
    }
  }

  async connect(): Promise<serve.Client> {
    return this.#keep(await serve.connect({ name: this.name }));
  }

  /** Connects to another incarnation than that of this pid, once it answers. */
  async connectAgain(pid: number): Promise<serve.Client> {
    let found: serve.Client | null = null;
    await until(async () => {
      try {
        const client = await this.connect();
        if ((await client.status()).instance.pid === pid) return false;
        found = client;
        return true;
      } catch (error) {
        if (codeOf(error) !== 'INSTANCE_NOT_FOUND') throw error;
        return false;
      }
    }, 'the instance to be back');
    if (found === null) throw new Error('unreachable');
    return found;
  }

  /** Everything of it that runs: supervisor, instance, replicas, and what those have started. */
  get processes(): readonly LiveProcess[] {
    return marked(`${MARK}=${this.#mark}`);
  }

  get directory(): string {
    return join(process.env.XDG_STATE_HOME ?? '', 'servelab', this.name);
  }

  get log(): string {
    return readFileSync(join(this.directory, 'log'), 'utf8');
  }

  /** Kills the instance alone; resolves when it is gone. */
  async kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    process.kill(pid, signal);
    await until(() => !isAlive(pid), 'it is gone');
  }

  /** Kills whatever runs of it. */
  async killAll(): Promise<void> {
    // One that is just ending shows its environment no more, and has its files open still.
    const killed = new Set<number>();
    await until(() => {
      for (const { pid } of this.processes) {
        killed.add(pid);
        process.kill(pid, 'SIGKILL');
      }
      return this.processes.length === 0 && ![...killed].some(isAlive);
    }, 'all of it to be gone');
  }

  async end(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.killAll();
  }

  #keep(client: serve.Client): serve.Client {
    this.#clients.push(client);
    return client;
  }
}

/** However the test ends, nothing of it is left running. */
export function withDetached(run: (instance: Detached) => Promise<void>): () => Promise<void> {
  return async () => {
    const instance = new Detached(`detached-${++started}`);
    try {
      await run(instance);
    } finally {
      await instance.end();
    }
  };
}
