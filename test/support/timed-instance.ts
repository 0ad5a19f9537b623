/** An instance in another process, of `fixtures/load/timed.ts`, for tests that meddle with that process and its time. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import * as serve from 'servelab';
import * as assert from 'uvu/assert';
import { Load, type LoadAnswer } from './load.ts';

const PROGRAM = fileURLToPath(new URL('../../../test/fixtures/load/timed.ts', import.meta.url));
let started = 0;

export interface TimedOptions {
  readonly healthCheckPeriodMs: number;
  readonly env?: NodeJS.ProcessEnv;
}

export class TimedInstance {
  readonly process: ChildProcess;
  readonly client: serve.Client;
  readonly url: string;
  readonly #lives: string;
  readonly #loads: readonly Load[];

  private constructor(child: ChildProcess, client: serve.Client, lives: string) {
    this.process = child;
    this.client = client;
    this.url = client.http?.url ?? '';
    this.#lives = lives;
    this.#loads = ['thread', 'process'].map(
      (name) => new Load({ url: `${this.url}/${name}`, connections: 4, rate: 100, name }),
    );
  }

  /** Runs while there is load on `thread` and `process`. No query of it fails, and no replica ends, whatever happens. */
  static async during(options: TimedOptions, run: (instance: TimedInstance) => Promise<void>): Promise<void> {
    const { env, healthCheckPeriodMs } = options;
    const name = `timed-${++started}`;
    const child = fork(PROGRAM, [name], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: { ...process.env, ...env, HEALTH_CHECK_PERIOD_MS: String(healthCheckPeriodMs) },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const said = child.stderr ? text(child.stderr) : Promise.resolve('');
    const ended = once(child, 'exit');
    try {
      await Promise.race([once(child, 'message'), ended.then(async () => assert.unreachable(await said))]);
      const client = await serve.connect({ name });
      const instance = new TimedInstance(child, client, await livesOf(client));
      try {
        await run(instance);
      } finally {
        for (const load of instance.#loads) void load.stop();
      }
      await instance.#requireWell();
      await client.close();
    } finally {
      child.kill('SIGCONT');
      child.kill('SIGKILL');
      await ended;
    }
    assert.is(await said, '', 'nothing to tell the operator');
  }

  /** Resolves when each load has had so many more answers. */
  async more(count: number): Promise<void> {
    await Promise.all(this.#loads.map((load) => load.more(count)));
  }

  async #requireWell(): Promise<void> {
    const answers: LoadAnswer[] = [];
    for (const load of this.#loads) answers.push(...(await load.ended()));
    assert.equal(answers.filter(({ status }) => status !== 200).slice(0, 3), []);
    assert.is(await livesOf(this.client), this.#lives, 'no replica was ended, restarted or added');
  }
}

async function livesOf(client: serve.Client): Promise<string> {
  const { replicas } = await client.status();
  return replicas.map(({ tag, state, pid, restarts, startedAt }) => [tag, state, pid, restarts, startedAt]).join('\n');
}
