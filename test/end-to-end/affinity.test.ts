import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type LanguageService, mapAtOnce, withLanguageService } from './language-service.ts';

const KEYS = Array.from({ length: 500 }, (_, at) => `session-${at}`);

/** The backend that each session meets. */
const met = ({ classify }: LanguageService): Promise<string[]> =>
  mapAtOnce(KEYS, 32, async (key) => {
    const { by } = await classify('Tous les êtres humains naissent libres.', { 'X-SERVE-SHARD-KEY': key });
    return by;
  });

const countOf = (tags: readonly string[], tag: string): number => tags.filter((found) => found === tag).length;

/** Keys hash the same in every run, so this is no matter of luck. */
function assertNear(count: number, expected: number, why: string): void {
  const allowed = 3 * Math.sqrt(expected * (1 - expected / KEYS.length));
  assert.ok(Math.abs(count - expected) <= allowed, `${why}: ${count}, expected ${expected} ± ${allowed.toFixed(0)}`);
}

const test = suite('end to end: session affinity');

test('a session meets one backend, and a change of weights moves only as many sessions as it must', async () => {
  await withLanguageService(async (service) => {
    const { client } = service;
    await client.setTraffic('language', { v1: 0.5, v2: 0.5 });
    const even = await met(service);
    assertNear(countOf(even, 'v1'), KEYS.length / 2, 'half of the sessions');
    assert.equal(await met(service), even);

    await client.setTraffic('language', { v2: 0.3, v1: 0.7 });
    const uneven = await met(service);
    const moved = KEYS.filter((_, at) => even[at] !== uneven[at]);
    assertNear(moved.length, 0.2 * KEYS.length, 'sessions moved');
    assert.is(countOf(uneven, 'v1') - countOf(even, 'v1'), moved.length, 'all of them moved to the one that gained');

    await client.setTraffic('language', { v1: 0.5, v2: 0.5 });
    assert.equal(await met(service), even);
  });
});

test('a handle and an HTTP client with the same key meet the same backend', async () => {
  await withLanguageService(async (service) => {
    await service.client.setTraffic('language', { v1: 0.4, v2: 0.6 });
    const overHttp = await met(service);
    const handle = await service.client.getHandle('language');
    const byHandle = await mapAtOnce(KEYS, 32, async (shardKey) => {
      const { by } = await handle.options({ shardKey }).remote('Tous les êtres humains naissent libres.');
      return by as string;
    });
    assert.equal(byHandle, overHttp);
  });
});

test.run();
