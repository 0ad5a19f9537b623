// Values nested deeper than the stack of whoever walks them may reach.
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { codeOf, handleOf, withInstance } from '../support/instance.ts';

const DEPTHS = [2000, 5000, 10_000];

const test = suite('deeply nested values');

function nest(depth: number): unknown {
  let value: unknown = 'core';
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

/** Also of a call that throws before it has sent anything. */
async function outcomeOf(call: () => PromiseLike<unknown>): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    return codeOf(error) ?? error;
  }
}

async function assertUnharmed(client: serve.Client, near: readonly unknown[]): Promise<void> {
  assert.equal([...new Set(near)], ['near'], 'the other calls of the turn');
  const { replicas } = await client.status();
  assert.equal(
    replicas.map(({ restarts }) => restarts),
    replicas.map(() => 0),
  );
}

for (const depth of DEPTHS) {
  test(
    `data nested ${depth} deep is delivered or refused, alone`,
    withInstance(
      async (client) => {
        const flat = await handleOf(client, 'flat', ({ data }) => (typeof data === 'string' ? data : 'delivered'));
        const handle = flat.options({ timeoutMs: 5000 });
        const calls = [() => handle.remote('near'), () => handle.remote(nest(depth)), () => handle.remote('near')];
        const [before, deep, after] = await Promise.all(calls.map(outcomeOf));
        assert.ok(deep === 'delivered' || deep === 'NOT_SERIALIZABLE', String(deep));
        await assertUnharmed(client, [before, after, await handle.remote('near')]);
      },
      { http: null },
    ),
  );

  test(
    `an answer nested ${depth} deep is delivered or refused, alone`,
    withInstance(async (client, url) => {
      const nested = await handleOf(client, 'nested', async ({ data, queryParams }) => {
        if (data === 'near') return 'near';
        let value: unknown = 'core';
        for (let i = 0; i < (data ?? Number(queryParams.get('depth'))); i++) value = [value];
        return value;
      });
      const handle = nested.options({ timeoutMs: 5000 });
      const calls = [() => handle.remote('near'), () => handle.remote(depth), () => handle.remote('near')];
      const [before, deep, after] = await Promise.all(calls.map(outcomeOf));
      assert.ok(Array.isArray(deep) || deep === 'NOT_SERIALIZABLE', String(deep));
      const response = await fetch(`${url}/nested?depth=${depth}`, { signal: AbortSignal.timeout(5000) });
      const text = await response.text();
      assert.ok(response.status === 200 || text.includes('NOT_SERIALIZABLE'), `${response.status} ${text}`);
      await assertUnharmed(client, [before, after, await handle.remote('near')]);
    }),
  );

  test(
    `data nested ${depth} deep from one backend to another is delivered or refused, alone`,
    withInstance(
      async (client) => {
        await handleOf(client, 'inner', ({ data }) => (typeof data === 'string' ? data : 'delivered'));
        const outer = await handleOf(client, 'outer', async ({ data }) => {
          const inner = (await (await serve.connect()).getHandle('inner')).options({ timeoutMs: 5000 });
          let value: unknown = 'core';
          for (let i = 0; i < data; i++) value = [value];
          const near = inner.remote('near');
          const deep = (async () => inner.remote(value))();
          const [first, second] = await Promise.allSettled([near, deep]);
          return [
            first.status === 'fulfilled' ? first.value : first.reason.code,
            second.status === 'fulfilled' ? second.value : second.reason.code,
          ];
        });
        const answer = await outer.options({ timeoutMs: 8000 }).remote(depth);
        const [near, deep] = answer as unknown[];
        assert.ok(deep === 'delivered' || deep === 'NOT_SERIALIZABLE', String(deep));
        await assertUnharmed(client, [near]);
      },
      { http: null },
    ),
  );
}

test.run();
