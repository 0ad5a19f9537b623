/** What replicas hold of a machine: given back once, when they are really gone, however they end. */
import { mock } from 'node:test';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ServeError } from '../../lib/errors.ts';
import { type FakeMachine, FakeReplicas, NOTE } from '../support/fake-replicas.ts';
import { codeOf, fails, failureOf, until } from '../support/instance.ts';

const test = suite('leases of replicas');

test.after.each(() => mock.timers.reset());

function withReplicas(run: (rig: FakeReplicas) => Promise<void>, machine: FakeMachine = {}): () => Promise<void> {
  return async () => {
    const rig = new FakeReplicas(machine);
    await run(rig);
    for (const replica of rig.launched) replica.gone();
    await rig.controller.shutDown();
    await until(() => rig.isFree, 'nothing is held');
    assert.ok(
      rig.releases.every((count) => count === 1),
      `each lease is given back once: ${rig.releases}`,
    );
  };
}

const HALF = { numGpus: 0.5 };
const ONE = { numGpus: 1 };
const TWO_REPLICAS = { numReplicas: 2 };

test(
  'each replica is started with the GPUs that it holds',
  withReplicas(async (rig) => {
    await rig.create('a', HALF, { numReplicas: 3 });
    assert.equal(rig.replicas('a'), ['a#1 RUNNING 0', 'a#2 RUNNING 0', 'a#3 RUNNING 1']);
    assert.equal(
      rig.launched.map(({ spec }) => [spec.replica, spec.isolation, spec.envVars.CUDA_VISIBLE_DEVICES]),
      [
        ['a#1', 'process', '0'],
        ['a#2', 'process', '0'],
        ['a#3', 'process', '1'],
      ],
    );
    assert.is(rig.launched[0]?.spec.envVars.OMP_NUM_THREADS, '1');
    await rig.controller.deleteBackend('a', false, NOTE);
    await rig.create('b', { numGpus: 2, placement: 'spread' });
    assert.is(rig.last('b#1').spec.envVars.CUDA_VISIBLE_DEVICES, '0,1');
  }),
);

test(
  'spread, shares go on different GPUs',
  withReplicas(async (rig) => {
    await rig.create('a', { ...HALF, placement: 'spread' }, TWO_REPLICAS);
    assert.equal(rig.allocations, ['a#1 0.5', 'a#2 0.5']);
  }),
);

/** Ways in which a replica of backend 'a' ends for good. */
const ENDS: readonly [string, (rig: FakeReplicas) => Promise<unknown>][] = [
  ['a deletion', (rig) => rig.controller.deleteBackend('a', false, NOTE)],
  ['a forced deletion', (rig) => rig.controller.deleteBackend('a', true, NOTE)],
  ['a scale-down', (rig) => rig.controller.updateBackendConfig('a', { numReplicas: 0 }, NOTE)],
  ['a shutdown', (rig) => rig.controller.shutDown()],
  [
    'a deletion while it waits for its restart',
    async (rig) => {
      for (let deaths = 0; deaths < 3; deaths++) {
        const before = rig.launched.length;
        rig.last('a#1').die();
        if (deaths < 2) await until(() => rig.launched.length > before, 'it is started again');
        if (deaths < 2) await until(() => rig.replicas('a')[0]?.startsWith('a#1 RUNNING') === true, 'it runs');
      }
      assert.match(rig.pending('a')[0] ?? '', /^restarts in/);
      assert.equal(rig.allocations, ['a#1 1', 'a#2 1'], 'it keeps its GPU for the restart');
      await rig.controller.deleteBackend('a', false, NOTE);
    },
  ],
  [
    'a deletion while it starts again',
    async (rig) => {
      rig.behaviour = { start: 'never' };
      rig.last('a#1').die();
      await until(() => rig.launched.length === 3, 'it is started again');
      await rig.controller.deleteBackend('a', false, NOTE);
    },
  ],
];

for (const [title, end] of ENDS) {
  test(
    `after ${title} nothing is held`,
    withReplicas(async (rig) => {
      await rig.create('a', ONE, TWO_REPLICAS);
      assert.equal(rig.allocations, ['a#1 1', 'a#2 1']);
      await end(rig);
      await until(() => rig.isFree, 'nothing is held');
      assert.ok(rig.launched.every(({ numKills }) => numKills >= 1));
    }),
  );
}

/** Ways in which a creation fails, with the code that it fails with. */
const FAILURES: readonly [string, string, (rig: FakeReplicas) => Promise<unknown>][] = [
  [
    'a constructor that throws',
    'BACKEND_START_FAILED',
    (rig) => {
      rig.behaviour = { start: new Error('no weights') };
      return rig.create('a', ONE, TWO_REPLICAS);
    },
  ],
  [
    'a refusal of the replica itself',
    'ENV_NOT_FOUND',
    (rig) => {
      rig.behaviour = { start: new ServeError('ENV_NOT_FOUND', 'no such directory') };
      return rig.create('a', ONE, TWO_REPLICAS);
    },
  ],
  [
    'a launch that fails',
    'BACKEND_START_FAILED',
    (rig) => {
      rig.behaviour = { launch: new Error('spawn EAGAIN') };
      return rig.create('a', ONE, TWO_REPLICAS);
    },
  ],
  [
    'a constructor that does not end',
    'BACKEND_START_FAILED',
    (rig) => {
      rig.behaviour = { start: 'never' };
      return rig.create('a', { ...ONE, startTimeoutMs: 10 });
    },
  ],
  [
    'a death in the constructor',
    'BACKEND_START_FAILED',
    async (rig) => {
      rig.behaviour = { start: 'never' };
      const created = rig.create('a', ONE);
      for (let tries = 1; tries <= 3; tries++) {
        await until(() => rig.launched.length === tries, `try ${tries}`);
        rig.last('a#1').die();
      }
      return created;
    },
  ],
  [
    'a deletion while it starts',
    'CANCELLED',
    async (rig) => {
      rig.behaviour = { start: 'never' };
      const created = rig.create('a', ONE, TWO_REPLICAS);
      created.catch(() => {});
      await until(() => rig.launched.length === 2, 'both start');
      await rig.controller.deleteBackend('a', false, NOTE);
      return created;
    },
  ],
  [
    'a shutdown while it starts',
    'CANCELLED',
    async (rig) => {
      rig.behaviour = { start: 'never' };
      const created = rig.create('a', ONE, TWO_REPLICAS);
      created.catch(() => {});
      await until(() => rig.launched.length === 2, 'both start');
      await rig.controller.shutDown();
      return created;
    },
  ],
  [
    'a deletion while it waits for others to be gone',
    'CANCELLED',
    async (rig) => {
      rig.behaviour = { isStuck: true };
      await rig.create('z', ONE, TWO_REPLICAS);
      await rig.controller.deleteBackend('z', true, NOTE);
      const created = rig.create('a', ONE);
      created.catch(() => {});
      await until(() => rig.pending('a').length === 1, 'it waits');
      assert.equal(rig.pending('a'), ['waits for 1 GPU and 1 CPU']);
      await rig.controller.deleteBackend('a', false, NOTE);
      const error = await failureOf(created);
      for (const replica of rig.launched) replica.gone();
      throw error;
    },
  ],
];

for (const [title, code, fail] of FAILURES) {
  test(
    `after ${title} nothing is held, and nothing stays registered`,
    withReplicas(async (rig) => {
      assert.is(codeOf(await failureOf(fail(rig))), code);
      await until(() => rig.isFree, 'nothing is held');
      assert.equal([...rig.controller.state.backends.keys()], []);
      assert.equal(rig.controller.supervisors, []);
    }),
  );
}

test(
  'too large a backend is refused with what was needed, what is free, where, and who holds the rest',
  withReplicas(async (rig) => {
    await rig.create('a', ONE);
    await rig.create('b', HALF);
    await fails(
      rig.create('c', ONE, TWO_REPLICAS),
      'INSUFFICIENT_RESOURCES',
      "backend 'c' needs 1 GPU and 1 CPU for each of 2 replicas, and node 'head' has 0.5 of 2 GPUs free (0.5 of GPU 1); " +
        "held by 'a#1' (1 of GPU 0), 'b#1' (0.5 of GPU 1); delete or scale down a holder, or ask for less",
    );
    await fails(rig.create('c', { numGpus: 3 }), 'INSUFFICIENT_RESOURCES', 'more than it has in all');
    assert.equal([...rig.controller.state.backends.keys()], ['a', 'b']);
    assert.equal(rig.allocations, ['a#1 1', 'b#1 0.5']);
    assert.is(rig.launched.length, 2, 'nothing was started');
    await rig.create('c', HALF);
  }),
);

test(
  'an update that needs more than is free is refused whole: nothing is started, nothing reconfigured',
  withReplicas(async (rig) => {
    await rig.create('a', ONE, { userConfig: 1 });
    rig.behaviour = { reconfigure: new Error('it was reconfigured') };
    await fails(
      rig.controller.updateBackendConfig('a', { numReplicas: 3, userConfig: 2 }, NOTE),
      'INSUFFICIENT_RESOURCES',
      'for each of 2 replicas',
      "held by 'a#1' (1 of GPU 0)",
    );
    assert.equal(rig.replicas('a'), ['a#1 RUNNING 0']);
    const { numReplicas, userConfig } = rig.controller.state.backends.get('a') ?? {};
    assert.equal([numReplicas, userConfig], [1, 1]);
    rig.behaviour = {};
    await rig.controller.updateBackendConfig('a', { numReplicas: 2 }, NOTE);
    assert.equal(rig.replicas('a'), ['a#1 RUNNING 0', 'a#2 RUNNING 1']);
  }),
);

test(
  'an update refused by reconfigure, or by a constructor, gives back what it took',
  withReplicas(async (rig) => {
    rig.behaviour = { reconfigure: new Error('no') };
    await rig.create('a', ONE, { userConfig: 1 });
    rig.behaviour = {};
    await fails(rig.controller.updateBackendConfig('a', { numReplicas: 2, userConfig: 2 }, NOTE), 'RECONFIGURE_FAILED');
    await until(() => rig.replicas('a').join() === 'a#1 RUNNING 0', 'it runs again');
    rig.behaviour = { start: new Error('no weights') };
    await fails(rig.controller.updateBackendConfig('a', { numReplicas: 2 }, NOTE), 'BACKEND_START_FAILED');
    assert.equal(rig.allocations, ['a#1 1', '']);
  }),
);

test(
  'two creations at once that do not both fit: one is whole, the other is nothing',
  withReplicas(async (rig) => {
    const outcomes = await Promise.allSettled(['a', 'b'].map((tag) => rig.create(tag, ONE, TWO_REPLICAS)));
    assert.equal(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    assert.is(rig.launched.length, 2);
    assert.is(rig.controller.state.backends.size, 1);
  }),
);

test(
  'what a replica held is free when its process is gone, not before, and who comes next waits for that',
  withReplicas(async (rig) => {
    rig.behaviour = { isStuck: true };
    await rig.create('a', ONE, TWO_REPLICAS);
    rig.behaviour = {};
    await rig.controller.updateBackendConfig('a', { numReplicas: 1 }, NOTE);
    const created = rig.create('b', ONE);
    await until(() => rig.pending('b').length === 1, 'it waits');
    assert.equal(rig.allocations, ['a#1 1', 'a#2 1']);
    rig.last('a#2').gone();
    await created;
    assert.equal(rig.allocations, ['a#1 1', 'b#1 1']);
  }),
);

test(
  'a deletion is done when what was held is free',
  withReplicas(async (rig) => {
    rig.behaviour = { isStuck: true };
    await rig.create('a', ONE);
    const deleted = rig.controller.deleteBackend('a', false, NOTE).then(() => rig.isFree);
    await until(() => rig.replicas('a').length === 0, 'it is ended');
    rig.last('a#1').gone();
    assert.ok(await deleted);
  }),
);

test(
  'a process that will not go does not hold up the deletion for long',
  withReplicas(async (rig) => {
    rig.behaviour = { isStuck: true };
    await rig.create('a', ONE);
    await rig.controller.deleteBackend('a', false, NOTE);
    assert.equal(rig.allocations, ['a#1 1', '']);
    await rig.create('a', ONE);
    assert.equal(rig.allocations, ['a#1 1', 'a#1 1']);
  }),
);

test(
  'one that drains is waited for only so long',
  withReplicas(
    async (rig) => {
      rig.behaviour = { isBusy: true };
      await rig.create('a', ONE, TWO_REPLICAS);
      await rig.controller.updateBackendConfig('a', { numReplicas: 1 }, NOTE);
      await fails(rig.create('b', ONE), 'INSUFFICIENT_RESOURCES', "'a#2' (1 of GPU 1, ending)");
    },
    { patienceMs: 50 },
  ),
);

test(
  'one that dies is replaced on the same GPUs, though others are free',
  withReplicas(async (rig) => {
    await rig.create('a', ONE);
    await rig.create('b', ONE);
    await rig.controller.deleteBackend('a', false, NOTE);
    rig.last('b#1').die();
    await until(() => rig.launched.length === 3, 'it is started again');
    await until(() => rig.replicas('b').join() === 'b#1 RUNNING 1', 'it runs on GPU 1 again');
    assert.equal(rig.allocations, ['', 'b#1 1']);
  }),
);

test(
  'the replacement waits until the process before it is gone',
  withReplicas(async (rig) => {
    rig.behaviour = { isStuck: true };
    await rig.create('a', { numGpus: 2 });
    rig.behaviour = {};
    const [slot] = rig.controller.supervisors[0]?.slots ?? [];
    slot?.replace('it does not answer');
    await until(() => /^restarts soon/.test(rig.pending('a')[0] ?? ''), 'its restart is due');
    assert.is(rig.launched.length, 1);
    rig.last('a#1').gone();
    await until(() => rig.replicas('a').join() === 'a#1 RUNNING 0,1', 'it runs again');
    assert.is(rig.launched.length, 2);
  }),
);

test(
  'a process that will not go keeps its GPU, and the replacement takes another, or waits and says for what',
  withReplicas(async (rig) => {
    rig.behaviour = { isStuck: true };
    await rig.create('a', ONE);
    const [slot] = rig.controller.supervisors[0]?.slots ?? [];
    mock.timers.enable({ apis: ['setTimeout'] });
    /** Time passes until it is so. */
    const later = (isSo: () => boolean, what: string): Promise<void> =>
      until(() => {
        mock.timers.tick(100);
        return isSo();
      }, what);
    slot?.replace('it does not answer');
    await later(() => rig.replicas('a').join() === 'a#1 RUNNING 1', 'it runs on another GPU');
    assert.equal(rig.allocations, ['a#1 1', 'a#1 1']);
    slot?.replace('it does not answer either');
    await later(() => rig.pending('a')[0]?.startsWith('waits for') === true, 'it waits');
    mock.timers.reset();
    assert.equal(rig.pending('a'), [
      "waits for 1 GPU and 1 CPU: 0 of 2 GPUs free; held by 'a#1' (1 of GPU 0, ending), 'a#1' (1 of GPU 1, ending)",
    ]);
    rig.behaviour = {};
    rig.launched[0]?.gone();
    await until(() => rig.replicas('a').join() === 'a#1 RUNNING 0', 'it runs again');
  }),
);

test(
  'CPUs that are only counted hold up no replacement',
  withReplicas(async (rig) => {
    rig.behaviour = { isStuck: true };
    await rig.create('a', { numCpus: 4 });
    const [slot] = rig.controller.supervisors[0]?.slots ?? [];
    slot?.replace('it does not answer');
    await until(() => rig.launched.length === 2, 'it is started again, while the old one is not gone');
  }),
);

test(
  'a replica whose GPU has vanished runs on; once it dies it waits, says for what, and starts when the GPU is back',
  withReplicas(async (rig) => {
    await rig.create('a', ONE, TWO_REPLICAS);
    rig.gpus.become('a');
    rig.gpus.note = 'GPU 1 no longer found';
    assert.equal(rig.replicas('a'), ['a#1 RUNNING 0', 'a#2 RUNNING 1']);
    rig.last('a#2').die();
    await until(() => rig.pending('a')[0]?.startsWith('waits for') === true, 'it waits');
    assert.equal(rig.pending('a'), [
      "waits for 1 GPU and 1 CPU: 0 of 1 GPU free; held by 'a#1' (1 of GPU 0); GPU 1 no longer found",
    ]);
    assert.equal(rig.replicas('a'), ['a#1 RUNNING 0', 'a#2 DEAD']);
    assert.is(rig.gpus.numAttending, 1);
    await fails(rig.create('b', HALF), 'INSUFFICIENT_RESOURCES', 'GPU 1 no longer found');
    rig.gpus.note = null;
    rig.gpus.become('ab');
    await until(() => rig.replicas('a').join() === 'a#1 RUNNING 0,a#2 RUNNING 1', 'it runs again');
    assert.is(rig.launched.length, 3);
    assert.is(rig.gpus.numAttending, 0);
  }),
);

test(
  'or when another one is free',
  withReplicas(async (rig) => {
    await rig.create('a', ONE);
    await rig.create('b', ONE);
    rig.gpus.become('a');
    rig.last('b#1').die();
    await until(() => rig.pending('b')[0]?.startsWith('waits for') === true, 'it waits');
    await rig.controller.deleteBackend('a', false, NOTE);
    await until(() => rig.replicas('b').join() === 'b#1 RUNNING 0', 'it runs on the other');
    assert.is(rig.last('b#1').spec.envVars.CUDA_VISIBLE_DEVICES, '0');
  }),
);

for (const [title, end, left] of [
  ['deleted', (rig: FakeReplicas) => rig.controller.deleteBackend('a', false, NOTE), ''],
  ['scaled away', (rig: FakeReplicas) => rig.controller.updateBackendConfig('a', { numReplicas: 1 }, NOTE), 'a#1 1'],
] as const) {
  test(
    `one that waits for a GPU can be ${title}, and waits no longer`,
    withReplicas(async (rig) => {
      await rig.create('a', ONE, TWO_REPLICAS);
      rig.gpus.become('a');
      rig.last('a#2').die();
      await until(() => rig.pending('a')[0]?.startsWith('waits for') === true, 'it waits');
      await end(rig);
      assert.equal([rig.allocations, rig.gpus.numAttending, rig.pending('a')], [[left], 0, []]);
    }),
  );
}

test(
  'a creation whose own failed try will not go fails by what it failed of, it does not wait for ever',
  withReplicas(
    async (rig) => {
      rig.behaviour = { start: new Error('no weights'), isStuck: true };
      mock.timers.enable({ apis: ['setTimeout'] });
      const created = failureOf(rig.create('a', { numGpus: 2 }));
      let isOver = false;
      void created.then(() => {
        isOver = true;
      });
      await until(() => {
        mock.timers.tick(100);
        return isOver;
      }, 'it is refused');
      mock.timers.reset();
      await fails(Promise.reject(await created), 'BACKEND_START_FAILED', 'no weights');
      assert.is(rig.launched.length, 1);
    },
    { patienceMs: 20 },
  ),
);

test(
  'after indices have moved up a replica is started again with the index that its GPU has now',
  withReplicas(
    async (rig) => {
      await rig.create('a', ONE, { numReplicas: 3 });
      await rig.controller.updateBackendConfig('a', { numReplicas: 3 }, NOTE);
      rig.gpus.become('ac');
      assert.equal(rig.replicas('a'), ['a#1 RUNNING 0', 'a#2 RUNNING 1', 'a#3 RUNNING 1']);
      rig.last('a#3').die();
      await until(() => rig.launched.length === 4, 'it is started again');
      assert.is(rig.last('a#3').spec.envVars.CUDA_VISIBLE_DEVICES, '1');
      await until(() => rig.replicas('a')[2] === 'a#3 RUNNING 1', 'it runs');
    },
    { gpus: 3 },
  ),
);

test(
  'a failed try of a constructor keeps its GPU for the next one',
  withReplicas(async (rig) => {
    rig.behaviour = { start: 'never' };
    const created = rig.create('a', ONE);
    await until(() => rig.launched.length === 1, 'it starts');
    rig.behaviour = {};
    rig.last('a#1').die();
    await created;
    assert.equal([rig.launched.length, rig.allocations, rig.releases], [2, ['a#1 1', ''], [0]]);
  }),
);

test.run();
