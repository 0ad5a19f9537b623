// The wall clock jumps, as when a machine is set right or wakes up. Nothing that lasts is measured by it.
import { existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from '../support/instance.ts';
import { type LoadAnswer, request } from '../support/load.ts';
import { requireOrSkip } from '../support/require.ts';
import { TimedInstance } from '../support/timed-instance.ts';

const test = suite('the clock');

const [LIBRARY = ''] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1');
const faketime = { available: existsSync(LIBRARY), why: 'faketime is not installed' };
const HOUR_MS = 3_600_000;

/** As `requestTimeoutMs` of `late`, and `batchWaitTimeoutMs` of `batched`. */
const LIMIT_MS = 1500;

requireOrSkip(
  test,
  'jumps of two hours end no replica, no query and no wait, and nothing takes longer',
  faketime,
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'clock-'));
    const file = join(directory, 'offset');
    const jumpTo = (hours: number): void => writeFileSync(file, `${hours < 0 ? '' : '+'}${hours * 3600}\n`);
    jumpTo(0);
    const env = {
      LD_PRELOAD: LIBRARY,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      // Both names: they differ between versions.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    };
    try {
      await TimedInstance.during({ healthCheckPeriodMs: 500, env }, async (instance) => {
        const { client, url } = instance;
        for (const hours of [2, 0, -2, 2, 0]) {
          const late = timed(request(`${url}/late?ms=60000`, `late-${hours}`));
          const batch = timed(request(`${url}/batched`, `batched-${hours}`));
          await instance.more(5);
          jumpTo(hours);
          for (const name of ['thread', 'process']) {
            await until(
              async () => Math.abs((await clockOf(`${url}/${name}`)) - hours * HOUR_MS) < HOUR_MS,
              'the jump',
            );
          }
          const [lateAnswer, lateMs] = await late;
          assert.is(lateAnswer.status, 504, lateAnswer.body);
          assert.ok(lateMs > LIMIT_MS - 50 && lateMs < 20_000, `timed out after ${lateMs} ms`);
          const [batchAnswer, batchMs] = await batch;
          assert.is(batchAnswer.body, '1');
          assert.ok(batchMs > LIMIT_MS - 50 && batchMs < 20_000, `waited ${batchMs} ms for its batch`);
          await client.updateBackendConfig('late', { numReplicas: 2 });
          await client.updateBackendConfig('late', { numReplicas: 1 });
          await until(async () => (await client.status()).replicas.length === 6, 'the leaving one to go');
          const { endpoints } = await client.status();
          const { rate = 0, p50Ms } = endpoints.thread?.stats ?? {};
          assert.ok(rate > 0 && rate < 10_000, `${rate} queries per second`);
          assert.ok(p50Ms !== null && p50Ms !== undefined && p50Ms >= 0 && p50Ms < 60_000, `${p50Ms} ms`);
          await instance.more(20);
        }
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
);

/** How far its clock is ahead of ours, in ms. */
async function clockOf(url: string): Promise<number> {
  const { body } = await request(url, `clock-${performance.now()}`);
  return (JSON.parse(body) as { now: number }).now - Date.now();
}

async function timed(asked: Promise<LoadAnswer>): Promise<[answer: LoadAnswer, ms: number]> {
  const answer = await asked;
  return [answer, answer.endedAt - answer.sentAt];
}

test.run();
