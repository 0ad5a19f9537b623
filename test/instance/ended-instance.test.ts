import { queryObjects } from 'node:v8';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Router } from '../../lib/router/router.ts';
import { until } from '../support/instance.ts';

const test = suite('an instance that has ended');

/** Each instance has one; whatever else is left of it, too. */
const routers = (): number => queryObjects(Router, { format: 'count' });

async function startAndEnd(): Promise<void> {
  const client = await serve.start({ http: null });
  await client.shutdown();
}

test('is soon held by nothing: who starts and ends many needs no memory for them', async () => {
  await startAndEnd();
  await until(() => routers() === 0, 'it to be let go of');
});

test('nor are those before, as long as one follows the other', async () => {
  for (let times = 0; times < 60; times++) await startAndEnd();
  const left = routers();
  assert.ok(left < 40, `${left} of 60`);
});

test.run();
