import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { codeOf, until } from '../support/instance.ts';
import { withOwner } from '../support/owner.ts';
import { descriptorsOf } from '../support/processes.ts';
import { type Described, STEPS } from './restless-steps.ts';

const test = suite('clients that die');

const KILLS = Number(process.env.SERVELAB_CLIENT_KILLS ?? 24);
const AT_ONCE = 2;
const MOST_STEPS = STEPS.length + 1;
const LONGEST_LIFE_MS = 100;
const SEED = Number(process.env.SERVELAB_SEED ?? Date.now() % 1_000_000);

const PROGRAM = fileURLToPath(new URL('./programs/restless.js', import.meta.url));

/** Draws in [0, 1), the same for the same seed. Source: mulberry32. */
function drawsFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let drawn = Math.imul(state ^ (state >>> 15), 1 | state);
    drawn = (drawn + Math.imul(drawn ^ (drawn >>> 7), 61 | drawn)) ^ drawn;
    return ((drawn ^ (drawn >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Starts one, kills it so long after it has done so many steps, and gives how many it is known to have done. */
async function killedAfter(name: string, prefix: string, steps: number, lifeMs: number): Promise<number> {
  const child = fork(PROGRAM, [name, prefix]);
  let done = 0;
  let kill: NodeJS.Timeout | undefined;
  child.on('message', (count: number) => {
    done = count;
    if (count >= steps) kill ??= setTimeout(() => child.kill('SIGKILL'), lifeMs);
  });
  const [code, signal] = await once(child, 'exit');
  clearTimeout(kill);
  assert.equal([code, signal], [null, 'SIGKILL'], 'it was killed, and had no reason to end before');
  return done;
}

/** What is there of one client; null while it is under way from one state to another. */
async function described(client: serve.Client, prefix: string): Promise<Described | null> {
  const status = await client.status();
  const backends: Record<string, { replicas: number; says: string }> = {};
  for (const [tag, { config, replicas }] of Object.entries(status.backends)) {
    if (!tag.startsWith(`${prefix}-`)) continue;
    const here = status.replicas.filter(({ backend }) => backend === tag);
    const isSettled = here.every(({ state }) => state === 'RUNNING') && replicas.pending.length === 0;
    if (!isSettled || here.length !== config.numReplicas) return null;
    const says = await saidBy(client, tag, here.length);
    if (says === null) return null;
    backends[tag.slice(prefix.length + 1)] = { replicas: here.length, says };
  }
  const traffic = status.endpoints[prefix]?.traffic ?? null;
  const short = traffic && Object.entries(traffic).map(([tag, weight]) => [tag.slice(prefix.length + 1), weight]);
  return { backends, traffic: short && Object.fromEntries(short) };
}

/** What all replicas of a backend answer; null where they do not agree, or it is going just now. */
async function saidBy(client: serve.Client, tag: string, replicas: number): Promise<string | null> {
  const probe = `probe-${tag}`;
  try {
    await client.createEndpoint(probe, { backend: tag });
    const handle = await client.getHandle(probe);
    const said = new Set(await Promise.all(Array.from({ length: 3 * replicas }, () => handle.remote())));
    return said.size === 1 ? String([...said][0]) : null;
  } catch (error) {
    if (codeOf(error) === 'BACKEND_NOT_FOUND' || codeOf(error) === 'NO_REPLICA') return null;
    throw error;
  } finally {
    await client.deleteEndpoint(probe).catch(() => {});
  }
}

/** The last word may not have been heard: it may have done one step more, and be in the next. */
function allowedAfter(done: number): Described[] {
  const nothing: Described = { backends: {}, traffic: null };
  return [0, 1, 2].map((more) => STEPS[(done + more - 1 + STEPS.length) % STEPS.length]?.after ?? nothing);
}

const textOf = ({ backends, traffic }: Described): string =>
  JSON.stringify([Object.entries(backends).sort(), traffic && Object.entries(traffic).sort()]);

async function clearAway(client: serve.Client, prefix: string): Promise<void> {
  await until(async () => {
    const { endpoints, backends } = await client.status();
    const ours = Object.keys(backends).filter((tag) => tag.startsWith(`${prefix}-`));
    if (prefix in endpoints) await client.deleteEndpoint(prefix).catch(() => {});
    for (const tag of ours) await client.deleteBackend(tag, { force: true }).catch(() => {});
    return ours.length === 0 && !(prefix in endpoints);
  }, `${prefix} to be cleared away`);
}

test(
  `of ${KILLS} killed at any moment none leaves anything half done, or behind`,
  withOwner(async (owner) => {
    const client = await serve.connect({ name: owner.name });
    await (await client.getHandle('echo')).remote('so that its own connections are there');
    const pid = owner.process.pid ?? 0;
    const before = descriptorsOf(pid).length;
    const replicas = (await client.status()).replicas.length;
    const draw = drawsFrom(SEED);
    const reached = new Set<string>();
    let next = 0;
    const killSome = async (): Promise<void> => {
      while (next < KILLS) {
        const prefix = `restless${next++}`;
        const done = await killedAfter(owner.name, prefix, Math.floor(draw() * MOST_STEPS), draw() * LONGEST_LIFE_MS);
        const allowed = allowedAfter(done).map(textOf);
        let found: string | null = null;
        await until(
          async () => {
            const state = await described(client, prefix);
            found = state && textOf(state);
            return found !== null && allowed.includes(found);
          },
          `${prefix} (seed ${SEED}), ${done} steps done, to be whole`,
          30_000,
        ).catch((error: Error) =>
          assert.unreachable(`${error.message}; found ${found}, allowed ${allowed.join(' or ')}`),
        );
        reached.add(found ?? '');
        await clearAway(client, prefix);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, killSome));
    assert.ok(reached.size >= Math.min(KILLS / 10, 4), `only ${reached.size} states were met: it was killed too soon`);
    await until(
      async () => (await client.status()).replicas.every(({ ongoing }) => ongoing === 0),
      'no query under way',
    );
    assert.is((await client.status()).replicas.length, replicas);
    const told = (await client.getHandle('waits')).options({ methodName: 'aborted' });
    assert.is(await told.remote(), KILLS, 'each open query heard that its caller is gone');
    await until(() => descriptorsOf(pid).length <= before, 'no descriptor more than before');
    assert.equal(Object.keys(await client.listEndpoints()), ['echo', 'fails', 'count', 'large', 'waits']);
    await client.close();
  }),
);

test.run();
