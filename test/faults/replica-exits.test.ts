/** Rows 10, 13 and 15: a replica that ends. */
import * as assert from 'uvu/assert';
import { CELL, openGate, read } from '../fixtures/faults/board.ts';
import { failureOf, faulty, type Rig, until, withRig } from '../fixtures/faults/rig.ts';
import { isolationSuite } from '../support/isolations.ts';

const test = isolationSuite('a replica that ends');

async function serveFaulty({ client, createBackend, board, ledger }: Rig, numReplicas = 1): Promise<void> {
  await createBackend('b', faulty('Faulty', board, ledger.path), { config: { numReplicas } });
  await client.createEndpoint('b', { backend: 'b', route: '/b' });
}

const allRun = (rig: Rig, restarts: number): Promise<number> =>
  until('the replacement runs', async () => {
    const replicas = await rig.replicas('b');
    const made = replicas.reduce((sum, replica) => sum + replica.restarts, 0);
    return made === restarts && replicas.every(({ state }) => state === 'RUNNING');
  });

for (const code of [0, 7]) {
  test(
    `process.exit(${code}) is a death that says so; only what had started fails, the rest goes to the other`,
    withRig(async (rig) => {
      await serveFaulty(rig, 2);
      const tags = (await rig.replicas('b')).map(({ tag }) => tag);
      const handle = await rig.client.getHandle('b');
      // Started on both replicas and held there, so that the exit has innocent neighbours on one of them.
      const held = Array.from({ length: 6 }, (_, i) => ({ id: `held${i}`, do: 'wait' }));
      const holding = held.map((args) => handle.remote(null, args));
      await until('they have started', () => read(rig.board, CELL.started) === 6);
      const later = Array.from({ length: 40 }, (_, i) => ({ id: `q${i}`, do: i === 0 ? 'exit' : 'ok', code }));
      const sent = later.map((args) => handle.remote(null, args));
      const exited = await failureOf(sent[0] as PromiseLike<unknown>);
      assert.is(exited.code, 'REPLICA_DIED');
      assert.match(exited.message, /replica 'b#[12]' died after this query had started, so its outcome is unknown/);
      openGate(rig.board);
      const settled = await Promise.allSettled([...holding, ...sent]);
      const statuses = settled.map((one) => (one.status === 'fulfilled' ? 200 : 502));
      assert.is(read(rig.board, CELL.fired), 1);
      assert.equal(
        statuses.slice(6).filter((status) => status === 502),
        [502],
        'of those behind it, none had started',
      );
      assert.is(statuses.slice(0, 6).filter((status) => status === 502).length, 3, 'its neighbours fail, once each');
      rig.ledger.judge([...held, ...later].map(({ id }, i) => ({ id, status: statuses[i] ?? 0 })));

      await allRun(rig, 1);
      assert.equal(
        (await rig.replicas('b')).map(({ tag }) => tag),
        tags,
      );
      assert.match(rig.stderr(), new RegExp(`died: its code called process\\.exit\\(${code}\\)\n`));
      assert.is(rig.stderr().match(/died: /g)?.length, 1, 'told once');
      assert.is(read(rig.board, CELL.constructed), 3);
    }),
  );
}

const floats = [
  { fault: 'float', says: /Error: floating: nobody awaits this\n[\s\S]*at .*float/ },
  { fault: 'lateThrow', says: /Error: thrown in a timer\n[\s\S]*at / },
  { fault: 'lateThrowNull', says: /it threw null|null was thrown/ },
  { fault: 'answerAndExit&code=7', says: /its code called process\.exit\(7\)/ },
];
for (const { fault, says } of floats) {
  test(
    `${fault}: the answer that was given stays, the replica dies once, with the true error`,
    withRig(async (rig) => {
      await serveFaulty(rig);
      for (let round = 1; round <= 3; round++) {
        const reply = await rig.get(`/b?do=${fault}&id=${round}`);
        assert.equal([reply.status, reply.text], [200, 'answered'], `round ${round}`);
        await until('it fired', () => read(rig.board, CELL.fired) === round);
        await allRun(rig, round);
      }
      assert.match(rig.stderr(), says);
      assert.is(rig.stderr().match(/died: /g)?.length, 3, rig.stderr());
      assert.is(read(rig.board, CELL.constructed), 4);
      rig.ledger.judge([1, 2, 3].map((id) => ({ id: `${id}`, status: 200 })));
    }),
  );
}

test(
  'out of memory within maxMemoryBytes is the death of that replica alone',
  withRig(async (rig) => {
    const actorOptions = { maxMemoryBytes: 48 * 1024 * 1024 };
    await rig.createBackend('b', faulty('Faulty', rig.board, rig.ledger.path), { actorOptions });
    await rig.createBackend('other', faulty('Faulty', rig.board, rig.ledger.path));
    await rig.client.createEndpoint('b', { backend: 'b', route: '/b' });
    await rig.client.createEndpoint('other', { backend: 'other', route: '/other' });
    const reply = await rig.get('/b?do=grow&id=grow');
    assert.equal([reply.status, reply.code], [502, 'REPLICA_DIED']);
    assert.is(read(rig.board, CELL.fired), 1);
    assert.is((await rig.get('/other?id=other')).status, 200);
    await allRun(rig, 1);
    assert.is((await rig.get('/b?id=again')).status, 200);
    assert.match(rig.stderr(), /replica 'b#1' died: .*out of memory/);
    assert.is((await rig.replicas('other'))[0]?.restarts, 0);
    rig.ledger.judge([
      { id: 'grow', status: 502 },
      { id: 'other', status: 200 },
      { id: 'again', status: 200 },
    ]);
  }),
);

test.run();
