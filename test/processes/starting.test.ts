import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, until, withInstance } from '../support/instance.ts';

const test = suite('starting in a process');

const PROCESS = { actorOptions: { isolation: 'process' as const } };

/** A file in which constructors write their pids. */
function withPids(run: (client: serve.Client, file: string, pids: () => number[]) => Promise<void>) {
  return withInstance(
    async (client) => {
      const directory = mkdtempSync(join(tmpdir(), 'pids-'));
      const file = join(directory, 'pids');
      const pids = () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number) : []);
      try {
        await run(client, file, pids);
      } finally {
        rmSync(directory, { recursive: true });
      }
    },
    { http: null },
  );
}

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

async function nothingIsLeft(client: serve.Client, pids: readonly number[]): Promise<void> {
  assert.equal(await client.listBackends(), {});
  const { backends, replicas } = await client.status();
  assert.equal([backends, replicas], [{}, []]);
  await until(() => !pids.some(isAlive), 'the processes to be gone');
  await client.createBackend('b', () => 1, PROCESS);
}

/** Writes its pid down and then does not get up. */
class Failing {
  constructor(file: string, how: string) {
    const { appendFileSync } = process.getBuiltinModule('node:fs');
    appendFileSync(file, `${process.pid}\n`);
    if (how === 'error')
      throw Object.assign(new RangeError('no model', { cause: new Error('404') }), { code: 'E_MODEL' });
    if (how === 'null') throw null;
    if (how === 'text') throw 'just text';
    if (how === 'frozen') throw Object.freeze({ status: 200 });
    if (how === 'DOMException') throw new DOMException('too large', 'QuotaExceededError');
    if (how === 'exit') process.exit(0);
    if (how === 'spin') for (;;);
  }
  reconfigure(config: unknown): Promise<void> | undefined {
    if (config === 'reject') return Promise.reject(new TypeError('reconfigured badly'));
    if (config === 'hang') return new Promise(() => {});
    return undefined;
  }
  call(): number {
    return 1;
  }
}

const THROWN: Readonly<Record<string, readonly [name: string, message: string]>> = {
  error: ['RangeError', 'no model'],
  null: ['Error', 'null was thrown'],
  text: ['Error', "'just text' was thrown"],
  frozen: ['Error', '{ status: 200 } was thrown'],
  DOMException: ['QuotaExceededError', 'too large'],
  exit: ['Error', 'ended with exit code 0 before it was ready'],
};

for (const [how, [name, message]] of Object.entries(THROWN)) {
  test(
    `a constructor that ends with ${how} is BACKEND_START_FAILED after three tries, and nothing is left`,
    withPids(async (client, file, pids) => {
      const create = client.createBackend('b', Failing, { ...PROCESS, initArgs: [file, how] });
      const { cause } = await fails(create, 'BACKEND_START_FAILED', "'b'", message);
      assert.is((cause as Error).name, name);
      if (how === 'error') {
        const { code, stack } = cause as Error & { code: string };
        assert.is(code, 'E_MODEL');
        assert.match(String(stack), /RangeError: no model\n\s+at new Failing .*starting\.test\.[jt]s:\d+:\d+/);
        assert.is(((cause as Error).cause as Error).message, '404');
      }
      assert.is(new Set(pids()).size, 3);
      await nothingIsLeft(client, pids());
    }),
  );
}

for (const [how, userConfig] of [
  ['spin', null],
  ['', 'hang'],
] as const) {
  test(
    `a ${how === '' ? 'first reconfigure' : 'constructor'} that never ends is given up, and its processes with it`,
    withPids(async (client, file, pids) => {
      const actorOptions = { isolation: 'process', startTimeoutMs: 1000 } as const;
      const create = client.createBackend('b', Failing, {
        actorOptions,
        initArgs: [file, how],
        config: { userConfig },
      });
      await fails(create, 'BACKEND_START_FAILED', 'startTimeoutMs, 1000 ms');
      await nothingIsLeft(client, pids());
    }),
  );
}

test(
  'a first reconfigure that rejects is BACKEND_START_FAILED with its error',
  withPids(async (client, file, pids) => {
    const config = { userConfig: 'reject' };
    const create = client.createBackend('b', Failing, { ...PROCESS, initArgs: [file, ''], config });
    const { cause } = await fails(create, 'BACKEND_START_FAILED', 'reconfigured badly');
    assert.is((cause as Error).name, 'TypeError');
    await nothingIsLeft(client, pids());
  }),
);

test(
  'a backend deleted while its constructor spins is gone at once, and its process with it',
  withPids(async (client, file, pids) => {
    const create = client.createBackend('b', Failing, { ...PROCESS, initArgs: [file, 'spin'] });
    const cancelled = fails(create, 'CANCELLED');
    await until(() => pids().length === 1, 'the constructor to spin');
    await client.deleteBackend('b');
    await cancelled;
    await nothingIsLeft(client, pids());
    assert.is(pids().length, 1);
  }),
);

test(
  'what no try can mend is refused at the first, with the code of a thread',
  withPids(async (client, file, pids) => {
    const create = (target: serve.BackendTarget, options: serve.CreateBackendGiven = {}) =>
      client.createBackend('b', target, { ...PROCESS, ...options });
    const { href } = new URL('./directions.js', import.meta.url);
    await fails(create({ imported: 'no' } as never), 'INVALID_ARGUMENT');
    await fails(
      create(() => 1, { config: { userConfig: 1 } }),
      'INVALID_ARGUMENT',
      'reconfigure',
    );
    await fails(
      create(() => 1, { config: { maxBatchSize: 2 } }),
      'BATCH_NOT_ACCEPTED',
      'acceptBatch',
    );
    await fails(create(serve.imported(href, 'Nothing')), 'BACKEND_START_FAILED', "'Nothing'");
    await fails(create(serve.imported('./nowhere.ts', 'Nothing')), 'BACKEND_START_FAILED', 'nowhere');
    await fails(create(serve.imported('no-such-package', 'Nothing')), 'BACKEND_START_FAILED', 'no-such-package');
    assert.equal([existsSync(file), pids()], [false, []]);
    await nothingIsLeft(client, []);
  }),
);

test(
  'an imported class starts in a process, its own imports included',
  withInstance(
    async (client) => {
      const { href } = new URL('./directions.js', import.meta.url);
      const handle = await handleOf(client, 'link', serve.imported(href, 'Link', [null]), PROCESS);
      assert.is(await handle.remote('work'), 'work done');
    },
    { http: null },
  ),
);

test.run();
