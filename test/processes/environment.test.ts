import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { handleOf, withInstance } from '../support/instance.ts';
import { inThreadsAndProcesses } from '../support/isolations.ts';

const test = suite('the environment of a process');

const PROCESS = { isolation: 'process' } as const;

/** A variable as JavaScript sees it, and as native code and other programs do. */
const look = async ({ data }: serve.ServeRequest) => {
  const { execFileSync } = await import('node:child_process');
  const native = execFileSync('sh', ['-c', `printf %s "$${data}"`], { encoding: 'utf8' });
  return [process.env[data] ?? null, native];
};

test(
  'envVars reach its code and native code, over what the instance has, and nobody else',
  withInstance(
    async (client) => {
      process.env.PROCESS_TEST_INHERITED = 'of the instance';
      try {
        const envVars = { PROCESS_TEST_OWN: 'a b="c" ä', PROCESS_TEST_EMPTY: '' };
        const own = await handleOf(client, 'own', look, { actorOptions: { ...PROCESS, envVars } });
        const other = { PROCESS_TEST_INHERITED: 'mine', PROCESS_TEST_OWN: 'other' };
        const over = await handleOf(client, 'over', look, { actorOptions: { envVars: other } });
        const plain = await handleOf(client, 'plain', look, { actorOptions: PROCESS });
        assert.equal(await own.remote('PROCESS_TEST_OWN'), ['a b="c" ä', 'a b="c" ä']);
        assert.equal(await own.remote('PROCESS_TEST_EMPTY'), ['', '']);
        assert.equal(await own.remote('PROCESS_TEST_INHERITED'), ['of the instance', 'of the instance']);
        assert.equal(await over.remote('PROCESS_TEST_INHERITED'), ['mine', 'mine']);
        assert.equal(await over.remote('PROCESS_TEST_OWN'), ['other', 'other']);
        assert.equal(await plain.remote('PROCESS_TEST_OWN'), [null, '']);
        assert.is(process.env.PROCESS_TEST_OWN, undefined);
        const isolations = (await client.status()).replicas.map(({ backend, isolation }) => [backend, isolation]);
        assert.equal(isolations, [
          ['own', 'process'],
          ['over', 'process'], // environment variables make it one
          ['plain', 'process'],
        ]);
      } finally {
        delete process.env.PROCESS_TEST_INHERITED;
      }
    },
    { http: null },
  ),
);

test(
  'a process has a pid of its own, which status() tells, and no arguments or options that are not the user’s',
  withInstance(
    async (client) => {
      const facts = async () => [process.pid, process.ppid, process.argv.slice(2), process.execArgv];
      const handle = await handleOf(client, 'facts', facts, { actorOptions: PROCESS });
      const [pid, parent, argv, execArgv] = await handle.remote();
      const [replica] = (await client.status()).replicas;
      assert.equal([pid, parent], [replica?.pid, process.pid]);
      assert.is.not(pid, process.pid);
      assert.equal([argv, execArgv], [[], []]);
    },
    { http: null },
  ),
);

const everywhere = inThreadsAndProcesses(test);

/** Changes what a careless backend might, and tells what is left of it to see. */
class Careless {
  async spoil(): Promise<unknown> {
    process.env.PROCESS_TEST_SPOILT = 'yes';
    Object.assign(globalThis, { spoilt: true, fetch: null });
    Object.assign(Array.prototype, { spoilt: () => 'yes' });
    Object.assign(Promise.prototype, { spoilt: true });
    Math.random = () => 4;
    JSON.stringify = () => 'spoilt';
    Date.now = () => 0;
    process.emitWarning = () => {};
    return serve.getCurrentReplicaTag();
  }
  seen(): unknown {
    const { spoilt, fetch } = globalThis as { spoilt?: boolean; fetch: unknown };
    return {
      tag: serve.getCurrentReplicaTag(),
      env: process.env.PROCESS_TEST_SPOILT ?? null,
      spoilt: spoilt ?? false,
      fetch: typeof fetch,
      inArrays: 'spoilt' in [],
      inPromises: 'spoilt' in Promise.prototype,
      random: Math.random() < 1,
      json: JSON.stringify({ a: 1 }),
      now: Date.now() > 0,
    };
  }
}

const UNSPOILT = {
  env: null,
  spoilt: false,
  fetch: 'function',
  inArrays: false,
  inPromises: false,
  random: true,
  json: '{"a":1}',
  now: true,
};

everywhere(
  'what one replica does to its globals and environment reaches neither a sibling nor the instance',
  withInstance(
    async (client) => {
      const handle = await handleOf(client, 'careless', Careless, { config: { numReplicas: 2 } });
      const spoiler = await handle.options({ methodName: 'spoil' }).remote();
      const seen = new Map<string, unknown>();
      // Equal loads are served in turn.
      for (let i = 0; i < 2; i++) {
        const { tag, ...rest } = await handle.options({ methodName: 'seen' }).remote();
        seen.set(tag, rest);
      }
      assert.is(seen.size, 2);
      seen.delete(spoiler);
      assert.equal([...seen.values()], [UNSPOILT]);
      assert.equal(
        [process.env.PROCESS_TEST_SPOILT, 'spoilt' in globalThis, 'spoilt' in []],
        [undefined, false, false],
      );
      assert.ok(Math.random() < 1 && Date.now() > 0 && JSON.stringify(1) === '1');
    },
    { http: null },
  ),
);

test(
  'a process may change its directory and its umask; nobody else’s change',
  withInstance(
    async (client) => {
      const own = [process.cwd(), process.umask()];
      const move = async () => {
        const before = process.cwd();
        process.chdir('/');
        process.umask(0o77);
        return [before, process.cwd()];
      };
      const where = async () => process.cwd();
      const mover = await handleOf(client, 'mover', move, { actorOptions: PROCESS });
      const sibling = await handleOf(client, 'sibling', where, { actorOptions: PROCESS });
      assert.equal(await mover.remote(), [own[0], '/']);
      assert.is(await sibling.remote(), own[0]);
      assert.equal([process.cwd(), process.umask()], own);
      assert.equal(await mover.remote(), ['/', '/'], 'and it goes on to work');
    },
    { http: null },
  ),
);

test.run();
