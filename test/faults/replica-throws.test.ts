/** Rows 1 to 4, 24 and 25: what user code may throw and return. */
import * as fc from 'fast-check';
import type * as serve from 'servelab';
import * as assert from 'uvu/assert';
import { CELL, read } from '../fixtures/faults/board.ts';
import { failureOf, faulty, type Rig, withRig } from '../fixtures/faults/rig.ts';
import { THROWN, UNSENDABLE } from '../fixtures/faults/values.ts';
import { isolationSuite } from '../support/isolations.ts';

const test = isolationSuite('a replica that throws');

async function serveThrower(
  { client, createBackend, board }: Rig,
  options: serve.CreateBackendGiven = {},
): Promise<void> {
  await createBackend('b', faulty('Thrower', board), options);
  await client.createEndpoint('b', { backend: 'b', route: '/b' });
}

/** No fault of this file is a death. */
async function requireUnharmed(rig: Rig): Promise<void> {
  const [replica] = await rig.replicas('b');
  assert.is(replica?.restarts, 0);
  assert.is(replica?.state, 'RUNNING');
  assert.is(replica?.ongoing, 0);
  assert.is(read(rig.board, CELL.constructed), 1);
  assert.is(rig.stderr(), '', 'nothing died');
}

for (const how of ['throw', 'reject']) {
  test(
    `${how}: 500 for that request alone, the replica stays`,
    withRig(async (rig) => {
      await rig.createBackend('b', faulty('Faulty', rig.board, rig.ledger.path));
      await rig.client.createEndpoint('b', { backend: 'b', route: '/b' });
      const ids = Array.from({ length: 20 }, (_, i) => `${i}`);
      const outcomes = await Promise.all(
        ids.map(async (id) => {
          const { status, code } = await rig.get(`/b?id=${id}&do=${Number(id) % 2 === 0 ? how : 'ok'}`);
          if (Number(id) % 2 === 0) assert.is(code, 'BACKEND_ERROR');
          return { id, status };
        }),
      );
      assert.is(outcomes.filter(({ status }) => status === 500).length, 10);
      rig.ledger.judge(outcomes);
      await requireUnharmed(rig);
    }),
  );
}

const kinds = Object.keys(THROWN);
const ways = ['throw', 'reject', 'thenable', 'stream', 'batch'];

test(
  'any value, thrown in any way, is answered 500 with the fixed body and no header of its own',
  withRig(async (rig) => {
    await serveThrower(rig);
    let thrown = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...kinds), fc.constantFrom(...ways), async (kind, way) => {
        thrown++;
        const method: Record<string, string> = way === 'batch' ? { 'X-SERVE-CALL-METHOD': 'batch' } : {};
        const reply = await rig.get(`/b?kind=${kind}&way=${way}`, { headers: method });
        assert.is(reply.status, 500, `${kind} by ${way}: ${reply.text}`);
        const { error } = JSON.parse(reply.text) as { error: Record<string, string> };
        assert.equal(Object.keys(error).sort(), ['code', 'message', 'requestId']);
        assert.is(error.code, 'BACKEND_ERROR');
        assert.is(error.requestId, reply.headers.get('x-request-id'));
        assert.is(reply.headers.get('x-injected'), null);
      }),
      { numRuns: 300, examples: kinds.flatMap((kind) => ways.map((way): [string, string] => [kind, way])) },
    );
    assert.is(read(rig.board, CELL.fired), thrown, 'each one was thrown');
    assert.ok(thrown >= kinds.length * ways.length);
    await requireUnharmed(rig);
  }),
);

test(
  'any sent value, thrown back as it is, rejects the handle with BACKEND_ERROR',
  withRig(async (rig) => {
    await serveThrower(rig);
    const handle = (await rig.client.getHandle('b')).options({ methodName: 'throwIt' });
    let thrown = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.anything({ withDate: true, withMap: true, withSet: true, withTypedArray: true }),
        async (value) => {
          thrown++;
          assert.is((await failureOf(handle.remote(value))).code, 'BACKEND_ERROR');
        },
      ),
      { numRuns: 200 },
    );
    assert.is(read(rig.board, CELL.fired), thrown);
    await requireUnharmed(rig);
  }),
);

test(
  "an error's own class name, message, code, fields and chain of causes reach the caller of a handle",
  withRig(async (rig) => {
    await serveThrower(rig);
    const handle = await rig.client.getHandle('b');
    const failure = await failureOf(handle.remote(null, { kind: 'custom', way: 'throw' }));
    assert.is(failure.code, 'BACKEND_ERROR');
    const cause = failure.cause as Error & { code: string; limit: number };
    assert.is(cause.name, 'QuotaError');
    assert.is(cause.message, 'over quota');
    assert.is(cause.code, 'E_QUOTA');
    assert.is(cause.limit, 7);
    assert.match(cause.stack ?? '', /values\.[jt]s:\d+/);
    assert.is((cause.cause as Error).name, 'TypeError');
    assert.is(((cause.cause as Error).cause as Error).message, 'the root');
  }),
);

test(
  'a returned value that has no form to travel in is NOT_SERIALIZABLE, saying where it is',
  withRig(async (rig) => {
    await serveThrower(rig);
    const handle = (await rig.client.getHandle('b')).options({ methodName: 'give' });
    for (const [kind, { byHandle, byHttp }] of Object.entries(UNSENDABLE)) {
      if (byHandle) {
        const failure = await failureOf(handle.remote(kind));
        assert.is(failure.code, 'NOT_SERIALIZABLE', kind);
        assert.match(failure.message, byHandle, kind);
      } else await handle.remote(kind);
      const reply = await rig.get(`/b?kind=${kind}`, { headers: { 'X-SERVE-CALL-METHOD': 'give' } });
      assert.is(reply.status, byHttp ? 500 : 200, `${kind}: ${reply.text}`);
      if (byHttp) assert.is(reply.code, 'NOT_SERIALIZABLE', kind);
      if (byHttp) assert.match(JSON.parse(reply.text).error.message, byHttp, kind);
    }
    await requireUnharmed(rig);
  }),
);

test.run();
