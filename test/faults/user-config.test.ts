// Row 45: a userConfig that is large, or whose keys are meant to reach a prototype.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withDetached } from '../support/detached.ts';
import { fails, until } from '../support/instance.ts';
import { ISOLATIONS, type Isolation } from '../support/isolations.ts';

const test = suite('userConfig');

/** Of the largest one tried here. */
const BYTES = 10_000_000;
/** More than any snapshot or revision that holds none of it. */
const SMALL = 300_000;

/** Answers what a replica sees of its config. */
class Seer {
  #seen: Record<string, unknown> = {};

  reconfigure(userConfig: Record<string, unknown>): void {
    this.#seen = userConfig;
  }

  call(): unknown {
    const { text, rows, bytes } = this.#seen as { text?: string; rows?: unknown[]; bytes?: Uint8Array };
    const nothing: Record<string, unknown> = {};
    const isPlain = Object.getPrototypeOf(this.#seen) === Object.prototype;
    const polluted = [this.#seen.polluted, nothing.polluted, isPlain];
    if (text !== undefined) return [text.length, text.at(-1), ...polluted];
    if (rows !== undefined) return [rows.length, rows.at(-1), ...polluted];
    if (bytes !== undefined) return [bytes.length, bytes.at(-1), ...polluted];
    return [JSON.stringify(this.#seen), null, ...polluted];
  }
}

const HOSTILE =
  '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"a":{"__proto__":{"polluted":3}}}';
const CLEAN = [undefined, undefined, true];

interface Tried {
  readonly title: string;
  readonly userConfig: unknown;
  readonly seen: readonly unknown[];
}

const TRIED: readonly Tried[] = [
  { title: 'hostile keys', userConfig: JSON.parse(HOSTILE), seen: [HOSTILE, null, ...CLEAN] },
  { title: 'a text', userConfig: { text: `${'x'.repeat(BYTES - 1)}y` }, seen: [BYTES, 'y', ...CLEAN] },
  {
    title: 'many rows',
    userConfig: { rows: Array.from({ length: BYTES / 100 }, (_, id) => ({ id, name: `a row with the number ${id}` })) },
    seen: [BYTES / 100, { id: BYTES / 100 - 1, name: `a row with the number ${BYTES / 100 - 1}` }, ...CLEAN],
  },
  { title: 'bytes', userConfig: { bytes: new Uint8Array(BYTES).fill(7) }, seen: [BYTES, 7, ...CLEAN] },
];

/** In the backend of that name, given at first and given later. */
async function requireTaken(client: serve.Client, isolation: Isolation): Promise<void> {
  await client.createBackend(isolation, Seer, {
    actorOptions: { isolation },
    config: { userConfig: { text: 'first' } },
  });
  await client.createEndpoint(isolation, { backend: isolation });
  const handle = await client.getHandle(isolation);
  for (const { title, userConfig, seen } of TRIED) {
    await client.updateBackendConfig(isolation, { userConfig });
    assert.equal(await handle.remote(), seen, `${title}, in a ${isolation}`);
    requireSame((await client.getBackendConfig(isolation)).userConfig, userConfig, title);
    assert.ok(JSON.stringify(await client.status()).length < SMALL, `${title}: a snapshot shows it whole`);
    await client.updateBackend(isolation, Seer, { actorOptions: { isolation } });
    assert.equal(await handle.remote(), seen, `${title}, with other code in a ${isolation}`);
  }
  const nothing: Record<string, unknown> = {};
  assert.is(nothing.polluted, undefined, 'nor here');
}

for (const host of ['inline', 'process'] as const) {
  test(`large ones and hostile ones arrive as they are; ${host}`, async () => {
    const client = await serve.start({ name: `config-${host}`, host, http: null });
    try {
      for (const isolation of ISOLATIONS) await requireTaken(client, isolation);
    } finally {
      await client.shutdown();
    }
  });
}

test(
  'they survive the instance, and are written down once, not with each change',
  withDetached(async (instance) => {
    const first = await instance.start({ http: null });
    const { pid } = (await first.status()).instance;
    for (const [i, { userConfig }] of TRIED.entries()) {
      await first.createBackend(`tried-${i}`, Seer, { config: { userConfig } });
      await first.createEndpoint(`tried-${i}`, { backend: `tried-${i}` });
    }
    const before = sizeOf(join(instance.directory, 'store'));
    for (let change = 0; change < 20; change++) await first.setTraffic('tried-0', { 'tried-0': 1 });
    const grown = sizeOf(join(instance.directory, 'store')) - before;
    assert.ok(grown < BYTES, `20 changes of traffic took ${grown} bytes`);
    await instance.kill(pid);
    const client = await instance.connectAgain(pid);
    for (const [i, { title, userConfig, seen }] of TRIED.entries()) {
      requireSame((await client.getBackendConfig(`tried-${i}`)).userConfig, userConfig, title);
      const handle = await client.getHandle(`tried-${i}`);
      assert.equal(await handle.remote(), seen, title);
    }
  }),
);

test('hostile keys where names, options and weights belong are refused, or are only names', async () => {
  const client = await serve.start({ name: 'hostile', http: null });
  const hostile = <T>(value: string): T => JSON.parse(`{"__proto__":${value}}`) as T;
  try {
    await client.createBackend('a', Seer);
    await client.createEndpoint('a', { backend: 'a' });
    await fails(client.updateBackendConfig('a', hostile('{"numReplicas":5}')), 'INVALID_ARGUMENT', "'__proto__'");
    await fails(client.createBackend('b', Seer, hostile('{"config":{}}')), 'INVALID_ARGUMENT', "'__proto__'");
    await fails(client.setTraffic('a', hostile('1')), 'BACKEND_NOT_FOUND', "'__proto__'");
    const custom = { actorOptions: { custom: hostile<Record<string, number>>('1') } };
    await fails(client.createBackend('b', Seer, custom), 'INVALID_ARGUMENT', "'__proto__'");
    for (const name of ['__proto__', 'constructor/prototype']) {
      await fails(client.createBackend(name, Seer), 'INVALID_ARGUMENT', name);
      await fails(client.createEndpoint(name, { backend: 'a' }), 'INVALID_ARGUMENT', name);
    }
    // These are names like any other.
    for (const name of ['constructor', 'toString', 'hasOwnProperty']) {
      await client.createBackend(name, () => name);
      await client.createEndpoint(name, { backend: name });
      assert.is(await (await client.getHandle(name)).remote(), name);
      assert.equal((await client.listEndpoints())[name]?.traffic, { [name]: 1 });
    }
    assert.is((await client.getBackendConfig('a')).numReplicas, 1);
    const envVars = hostile<Record<string, string>>('"x"');
    await client.createBackend('env', () => ({ a: 1 }), { actorOptions: { envVars } });
    await until(async () => (await client.status()).backends.env?.replicas.running === 1, 'it to run');
  } finally {
    await client.shutdown();
  }
});

/** Own keys called `__proto__`, too, which other comparisons pass over. */
function requireSame(found: unknown, wanted: unknown, title: string): void {
  assert.ok(isDeepStrictEqual(found, wanted), title);
}

function sizeOf(directory: string): number {
  return readdirSync(directory).reduce((sum, file) => sum + statSync(join(directory, file)).size, 0);
}

test.run();
