/** Row 75: a detached instance that is told to end does so at any moment, also when it is just coming back. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Detached, withDetached } from '../support/detached.ts';
import { fails, until } from '../support/instance.ts';

const test = suite('a detached instance that is told to end');

const ANY_PORT = { http: { port: 0 } };
const pidOf = async (client: serve.Client): Promise<number> => (await client.status()).instance.pid;

/** Once the directory is there, its `reconfigure` never ends. */
class Stuck {
  async reconfigure(gate: string): Promise<void> {
    const { existsSync: isThere, writeFileSync } = process.getBuiltinModule('node:fs');
    if (!isThere(gate)) return;
    writeFileSync(`${gate}/stuck`, '');
    await new Promise(() => {});
  }
  call(): void {}
}

class Orderly {
  readonly #gate: string;
  constructor(gate: string) {
    this.#gate = gate;
  }
  call(): string {
    return 'orderly';
  }
  shutdown(): void {
    process.getBuiltinModule('node:fs').writeFileSync(`${this.#gate}/shut down`, '');
  }
}

const supervisorOf = ({ processes }: Detached, pid: number): number =>
  processes.find((one) => one.pid === pid)?.parent ?? 0;

/** The process that the supervisor starts after this one. */
async function successorOf(instance: Detached, supervisor: number, pid: number): Promise<number> {
  let found: number | undefined;
  await until(() => {
    found = instance.processes.find((one) => one.parent === supervisor && one.pid !== pid)?.pid;
    return found !== undefined;
  }, 'it to be started again');
  return found ?? 0;
}

/** For now: nobody waits for it, and it can be started again. */
async function hasEndedInGoodOrder(instance: Detached, client: serve.Client): Promise<void> {
  await until(() => instance.processes.length === 0, 'all of it to end');
  assert.not(existsSync(`${instance.directory}/control.sock`));
  await fails(client.status(), 'CLIENT_CLOSED');
  await fails(instance.connect(), 'INSTANCE_NOT_FOUND');
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(
    `${signal} while it is coming back ends it in good order, too`,
    withDetached(async (instance) => {
      const client = await instance.start(ANY_PORT);
      const gate = `${instance.directory}-gate`;
      await client.createBackend('stuck', Stuck, { config: { userConfig: gate } });
      await client.createBackend('orderly', Orderly, { initArgs: [gate] });
      await client.createEndpoint('orderly', { backend: 'orderly' });
      const pid = await pidOf(client);
      mkdirSync(gate);
      try {
        await instance.kill(pid);
        const again = await instance.connectAgain(pid);
        assert.is(await (await again.getHandle('orderly')).remote(), 'orderly');
        await until(() => existsSync(`${gate}/stuck`), 'a replica that it waits for');
        await instance.kill(await pidOf(again), signal);
        await hasEndedInGoodOrder(instance, client);
        assert.ok(existsSync(`${gate}/shut down`));
      } finally {
        rmSync(gate, { recursive: true });
      }
      assert.equal(Object.keys(await (await instance.start()).listBackends()), ['stuck', 'orderly']);
    }),
  );

  test(
    `${signal} before it has begun to come back ends it in good order, too`,
    withDetached(async (instance) => {
      const client = await instance.start(ANY_PORT);
      await client.createBackend('v1', () => 1);
      const pid = await pidOf(client);
      const supervisor = supervisorOf(instance, pid);
      process.kill(pid, 'SIGKILL');
      process.kill(await successorOf(instance, supervisor, pid), signal);
      await hasEndedInGoodOrder(instance, client);
      assert.equal(Object.keys(await (await instance.start()).listBackends()), ['v1']);
    }),
  );
}

test(
  'told to end while it starts for the first time, it does not start, says so, and leaves nothing',
  withDetached(async (instance) => {
    const place = mkdtempSync(join(tmpdir(), 'middleware-'));
    const file = join(place, 'waits.mjs');
    writeFileSync(
      file,
      `import { once } from 'node:events';
      import { mkdirSync } from 'node:fs';
      const told = once(process, 'SIGTERM');
      mkdirSync(new URL('./pid-' + process.pid, import.meta.url));
      await told;
      export default (context, next) => next();`,
    );
    const pids = (): string[] => readdirSync(place).filter((name) => name.startsWith('pid-'));
    try {
      const start = instance.start({ http: { port: 0, middlewares: [serve.imported(file)] } });
      const failed = fails(start, 'LISTEN_FAILED', instance.name, 'told to end (SIGTERM)');
      await until(() => pids().length > 0, 'its middleware to be loaded');
      process.kill(Number(pids()[0]?.slice('pid-'.length)), 'SIGTERM');
      await failed;
      await until(() => instance.processes.length === 0, 'all of it to end');
      assert.not(existsSync(instance.directory));
    } finally {
      rmSync(place, { recursive: true });
    }
  }),
);

test(
  'told to end while it pauses before the next start, its supervisor ends in good order',
  withDetached(async (instance) => {
    const client = await instance.start(ANY_PORT);
    let pid = await pidOf(client);
    const supervisor = supervisorOf(instance, pid);
    // Each pause is twice as long as the one before: this one is long enough to be met.
    for (let ends = 1; !/in (1600|3200) ms/.test(instance.log); ends++) {
      if (ends > 1) pid = await successorOf(instance, supervisor, pid);
      await instance.kill(pid);
      await until(() => instance.log.split(' ended with ').length === ends + 1, 'its end to be noticed');
    }
    process.kill(supervisor, 'SIGTERM');
    await hasEndedInGoodOrder(instance, client);
  }),
);

test.run();
