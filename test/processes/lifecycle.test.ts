import { existsSync } from 'node:fs';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, failureOf, handleOf, until, withInstance } from '../support/instance.ts';
import { type ReplicaSignals, Signals } from '../support/signals.ts';

const test = suite('the life of a process');

const actorOptions = { isolation: 'process' } as const;

function withSignals(run: (client: serve.Client, signals: Signals, url: string) => Promise<void>) {
  return withInstance(async (client, url) => {
    const signals = new Signals();
    try {
      await run(client, signals, url);
    } finally {
      signals.close();
    }
  });
}

const isAlive = (pid: number | undefined): boolean => existsSync(`/proc/${pid}`);

const replicasOf = async (client: serve.Client, backend: string) =>
  (await client.status()).replicas.filter((replica) => replica.backend === backend);

/** Says what happens to it; a call to `wait` ends with the next word of the test. */
class Diarist {
  readonly #signals: Promise<ReplicaSignals>;
  readonly #seen: string[] = ['constructed'];

  constructor(name: string) {
    this.#signals = import('../support/signals.ts').then((module) => new module.ReplicaSignals(name));
  }

  async #say(word: string): Promise<void> {
    this.#seen.push(word);
    (await this.#signals).say(word);
  }

  async reconfigure(config: string): Promise<void> {
    if (config === 'bad') throw new RangeError('no such config');
    await this.#say(`reconfigured ${config}`);
  }

  async call(request: serve.ServeRequest): Promise<unknown> {
    if ((request.data ?? request.queryParams.get('do')) !== 'wait') return this.#seen;
    const word = (await this.#signals).next();
    await this.#say('begun');
    await word;
    await this.#say('ended');
    return this.#seen;
  }

  async shutdown(): Promise<void> {
    await this.#say(`shutdown after ${this.#seen.join(', ')}`);
  }
}

test(
  'reconfigure follows the constructor and each change of userConfig; one that throws changes nothing',
  withSignals(async (client, signals) => {
    const options = { actorOptions, initArgs: [signals.name], config: { userConfig: 'one' } };
    const handle = await handleOf(client, 'd', Diarist, options);
    assert.equal(await handle.remote(), ['constructed', 'reconfigured one']);
    const [before] = await replicasOf(client, 'd');
    await client.updateBackendConfig('d', { maxConcurrentQueries: 50 });
    await client.updateBackendConfig('d', { userConfig: 'one' });
    await client.updateBackendConfig('d', { userConfig: 'two' });
    const update = client.updateBackendConfig('d', { userConfig: 'bad' });
    const { cause } = await fails(update, 'RECONFIGURE_FAILED', 'no such config');
    assert.is((cause as Error).name, 'RangeError');
    assert.match(String((cause as Error).stack), /lifecycle\.test\.[jt]s:\d+/);
    // The old value is given again, as the new one may have been half in force.
    assert.equal(await handle.remote(), ['constructed', 'reconfigured one', 'reconfigured two', 'reconfigured two']);
    assert.is((await client.getBackendConfig('d')).userConfig, 'two');
    assert.is((await replicasOf(client, 'd'))[0]?.pid, before?.pid, 'it is the same process');
  }),
);

test(
  'deleteBackend lets what runs finish, then the user’s shutdown(), and resolves when the process is gone',
  withSignals(async (client, signals, url) => {
    const handle = await handleOf(client, 'd', Diarist, { actorOptions, initArgs: [signals.name] });
    const [replica] = await replicasOf(client, 'd');
    const calls = [handle.remote('wait'), fetch(`${url}/d?do=wait`).then((answer) => answer.json())];
    await signals.heard('begun', 2);
    await client.deleteEndpoint('d');
    let isDeleted = false;
    const deleted = client.deleteBackend('d').then(() => {
      isDeleted = true;
    });
    await until(async () => (await replicasOf(client, 'd'))[0]?.state === 'STOPPING', 'it to leave');
    assert.not.ok(isDeleted);
    signals.say('go');
    for (const call of calls) assert.ok(((await call) as string[]).includes('ended'));
    await deleted;
    assert.is(signals.count('shutdown after constructed, begun, begun, ended, ended'), 1);
    assert.not.ok(isAlive(replica?.pid));
    await client.createBackend('d', () => 'the tag is free', { actorOptions });
  }),
);

test(
  'a scale-down lets the processes that leave finish what they have',
  withSignals(async (client, signals) => {
    const config = { numReplicas: 3, maxConcurrentQueries: 1 };
    const handle = await handleOf(client, 'd', Diarist, { actorOptions, initArgs: [signals.name], config });
    const before = await replicasOf(client, 'd');
    const calls = [handle.remote('wait'), handle.remote('wait'), handle.remote('wait')];
    await signals.heard('begun', 3);
    await client.updateBackendConfig('d', { numReplicas: 1 });
    assert.equal(
      (await replicasOf(client, 'd')).map(({ state }) => state),
      ['RUNNING', 'STOPPING', 'STOPPING'],
    );
    signals.say('go');
    for (const call of calls) assert.equal(await call, ['constructed', 'begun', 'ended']);
    await until(async () => (await replicasOf(client, 'd')).length === 1, 'two to end');
    const [kept, ...gone] = before.map(({ pid }) => isAlive(pid));
    assert.equal([kept, gone], [true, [false, false]]);
    assert.equal(await handle.remote(), ['constructed', 'begun', 'ended']);
  }),
);

test(
  'what is still running after the grace, or when it is forced, is REPLICA_DIED, and the process is gone',
  withSignals(async (client, signals) => {
    for (const force of [false, true]) {
      const config = { gracefulShutdownTimeoutMs: 300 };
      const handle = await handleOf(client, 'd', Diarist, { actorOptions, initArgs: [signals.name], config });
      const [replica] = await replicasOf(client, 'd');
      const call = handle.remote('wait');
      const outcome = failureOf(call);
      await signals.heard('begun', force ? 2 : 1);
      await client.deleteEndpoint('d');
      await client.deleteBackend('d', { force });
      assert.is(((await outcome) as serve.ServeError).code, 'REPLICA_DIED');
      await until(() => !isAlive(replica?.pid), 'the process to be gone');
    }
  }),
);

test(
  'limits change while it runs, and the process stays the same',
  withInstance(async (client) => {
    class Sizes {
      #sizes: number[] = [];
      call(requests: serve.ServeRequest[]): number[] {
        this.#sizes.push(requests.length);
        return requests.map(() => process.pid);
      }
      take(data: unknown[]): number[][] {
        const sizes = this.#sizes.splice(0);
        return data.map(() => sizes);
      }
    }
    const config = { maxBatchSize: 1 };
    const handle = await handleOf(client, 's', serve.acceptBatch(Sizes), { actorOptions, config });
    const take = () => handle.options({ methodName: 'take' }).remote();
    const pids = new Set<number>();
    const six = async () => {
      for (const pid of await serve.get(Array.from({ length: 6 }, () => handle.remote()))) pids.add(pid);
      return take();
    };
    assert.equal(await six(), [1, 1, 1, 1, 1, 1]);
    await client.updateBackendConfig('s', { maxBatchSize: 3, batchWaitTimeoutMs: 1000 });
    assert.equal(await six(), [3, 3]);
    await client.updateBackendConfig('s', { maxBatchSize: 6 });
    assert.equal(await six(), [6]);
    await client.updateBackendConfig('s', { numReplicas: 2, batchWaitTimeoutMs: 0 });
    assert.is((await replicasOf(client, 's')).length, 2);
    assert.is(pids.size, 1);
    await fails(client.updateBackendConfig('s', { maxBatchSize: 0 }), 'INVALID_ARGUMENT', 'maxBatchSize');
  }),
);

test(
  'checkHealth() of a process is asked, and one that fails three times is replaced by another process',
  withInstance(async (client) => {
    class Checked {
      #isWell = true;
      #checks = 0;
      call(): number {
        return this.#checks;
      }
      sicken(): void {
        this.#isWell = false;
      }
      checkHealth(): void {
        this.#checks++;
        if (!this.#isWell) throw new Error('unwell');
      }
    }
    const config = { healthCheckPeriodMs: 500 };
    const handle = await handleOf(client, 'c', Checked, { actorOptions, config });
    await until(async () => (await handle.remote()) >= 2, 'two checks');
    const [before] = await replicasOf(client, 'c');
    const write = process.stderr.write;
    let said = '';
    process.stderr.write = (chunk: string | Uint8Array): boolean => {
      said += String(chunk);
      return true;
    };
    try {
      await handle.options({ methodName: 'sicken' }).remote();
      const isAnother = async () => {
        const [now] = await replicasOf(client, 'c');
        return now?.state === 'RUNNING' && now.pid !== before?.pid;
      };
      await until(isAnother, 'another process');
    } finally {
      process.stderr.write = write;
    }
    assert.match(said, /replica 'c#1' died: Error: it failed 3 health checks in a row: unwell/);
    assert.is((await replicasOf(client, 'c'))[0]?.restarts, 1);
    await until(() => !isAlive(before?.pid), 'the old one to be gone');
    assert.ok((await handle.remote()) >= 0);
  }),
);

test.run();
