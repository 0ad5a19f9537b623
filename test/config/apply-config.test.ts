import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, withInstance } from '../support/instance.ts';

const test = suite('applying a config');

const echo = (request: serve.ServeRequest): unknown => request.data;

class Adder {
  readonly #more: number;
  constructor(more: number) {
    this.#more = more;
  }
  call(request: serve.ServeRequest): number {
    return Number(request.data) + this.#more;
  }
}

const FIRST: serve.ConfigGiven = {
  backends: {
    echo: { target: echo },
    add: { target: Adder, initArgs: [1], config: { userConfig: undefined }, actorOptions: { numCpus: 0.5 } },
  },
  endpoints: {
    split: {
      route: '/split',
      methods: ['get', 'post'],
      traffic: { echo: 0.5, add: 0.5 },
      shadows: { add: 0.25 },
      idempotent: true,
    },
    plain: { traffic: { add: 1 } },
  },
};

/** Plans, applies, and plans again: nothing is left to do. Returns the types of the steps. */
async function apply(client: serve.Client, given: serve.ConfigGiven, prune = false): Promise<readonly string[]> {
  const config = serve.defineConfig(given);
  const plan = await serve.planConfig(client, config, { prune });
  const done: string[] = [];
  await serve.applyConfig(client, config, plan, (step) => done.push(step.type));
  assert.equal(
    done,
    plan.steps.map(({ type }) => type),
  );
  assert.equal((await serve.planConfig(client, config, { prune })).steps, []);
  return done;
}

test(
  'an empty instance becomes what the config says, and a second time nothing is done',
  withInstance(async (client) => {
    const steps = ['create-backend', 'create-backend', 'create-endpoint', 'create-endpoint'];
    assert.equal(await apply(client, FIRST), steps);
    assert.equal((await client.describe()).endpoints, {
      split: {
        route: '/split',
        methods: ['GET', 'POST'],
        traffic: { echo: 0.5, add: 0.5 },
        shadows: { add: 0.25 },
        idempotent: true,
      },
      plain: { route: null, methods: ['GET'], traffic: { add: 1 }, shadows: {}, idempotent: false },
    });
    assert.is(await (await client.getHandle('plain')).remote(41), 42);
    const { revision } = (await client.status()).instance;
    assert.equal(await apply(client, FIRST), []);
    assert.is((await client.status()).instance.revision, revision);
  }),
);

test(
  'each change is one step of its kind, and what the config does not say stays',
  withInstance(async (client) => {
    await apply(client, FIRST);
    await client.updateBackendConfig('echo', { numReplicas: 2 });
    await client.createBackend('mine', echo, { config: { numReplicas: 0 } });
    const { echo: sameEcho, add } = FIRST.backends ?? {};
    const changed: serve.ConfigGiven = {
      backends: { echo: { ...sameEcho, target: echo }, add: { ...add, target: Adder, initArgs: [2] } },
      endpoints: {
        split: { route: '/other', traffic: { add: 1 }, shadows: { echo: 1 } },
        plain: { traffic: { add: 1 } },
      },
    };
    assert.equal(await apply(client, changed), ['update-backend', 'update-endpoint', 'set-traffic', 'set-shadows']);
    assert.is(await (await client.getHandle('plain')).remote(40), 42);
    const { backends, endpoints } = await client.describe();
    assert.is(backends.echo?.config.numReplicas, 2);
    assert.equal(endpoints.split, {
      route: '/other',
      methods: ['GET', 'POST'],
      traffic: { add: 1 },
      shadows: { echo: 1 },
      idempotent: true,
    });
    assert.ok(backends.mine);
    assert.equal(await apply(client, { backends: { mine: { target: echo, config: { maxBatchSize: 1 } } } }), [
      'update-backend-config',
    ]);
  }),
);

test(
  'pruned, an instance has nothing else',
  withInstance(async (client) => {
    await apply(client, FIRST);
    const left: serve.ConfigGiven = {
      backends: { last: { target: echo } },
      endpoints: { taker: { route: '/split', traffic: { last: 1 } } },
    };
    const steps = ['create-backend', 'delete-endpoint', 'create-endpoint', 'delete-endpoint'];
    assert.equal(await apply(client, left, true), [...steps, 'delete-backend', 'delete-backend']);
    assert.equal(Object.keys(await client.listBackends()), ['last']);
    assert.equal(Object.keys(await client.listEndpoints()), ['taker']);
  }),
);

test(
  'routes change hands',
  withInstance(async (client, url) => {
    const at = (a: string, b: string): serve.ConfigGiven => ({
      backends: { a: { target: () => 'a' }, b: { target: () => 'b' } },
      endpoints: { a: { route: a, traffic: { a: 1 } }, b: { route: b, traffic: { b: 1 } } },
    });
    await apply(client, at('/1', '/2'));
    assert.is((await apply(client, at('/2', '/1'))).length, 3);
    assert.is((await apply(client, at('/3', '/2'))).length, 2);
    assert.equal(await Promise.all(['/3', '/2'].map(async (path) => (await fetch(url + path)).text())), ['a', 'b']);
  }),
);

test(
  'a step that fails ends it: what was done stays, and the next plan has the rest',
  withInstance(async (client) => {
    class Bad {
      constructor() {
        throw new Error('no model here');
      }
    }
    const given = (target: serve.BackendTarget): serve.ConfigGiven => ({
      backends: { first: { target: echo }, second: { target }, third: { target: echo } },
      endpoints: { e: { traffic: { third: 1 } } },
    });
    const config = serve.defineConfig(given(Bad));
    const plan = await serve.planConfig(client, config);
    const done: serve.ConfigStep[] = [];
    const applying = serve.applyConfig(client, config, plan, (step) => done.push(step));
    await fails(applying, 'BACKEND_START_FAILED', 'no model here');
    assert.equal(done, [{ type: 'create-backend', backend: 'first' }]);
    assert.equal(Object.keys(await client.listBackends()), ['first']);
    assert.equal(await apply(client, given(echo)), ['create-backend', 'create-backend', 'create-endpoint']);
  }),
);

test(
  'what is refused is found before anything is done',
  withInstance(async (client) => {
    const good = { target: echo };
    const refused: readonly (readonly [serve.ConfigGiven, serve.ServeErrorCode, string])[] = [
      [
        { backends: { good, v: { ...good, config: { numReplica: 1 } as object } } },
        'INVALID_ARGUMENT',
        "did you mean 'numReplicas'?",
      ],
      [
        { backends: { good, v: { ...good, config: { numReplicas: -1 } } } },
        'INVALID_ARGUMENT',
        'backends.v: numReplicas',
      ],
      [
        { backends: { good, v: { ...good, actorOptions: { numCpus: -1 } } } },
        'INVALID_ARGUMENT',
        'backends.v: numCpus',
      ],
      [{ backends: { good, v: { ...good, initArgs: [1] } } }, 'INVALID_ARGUMENT', 'backends.v: initArgs'],
      [{ backends: { good, v: { ...good, env: { directory: '/nowhere' } } } }, 'ENV_NOT_FOUND', '/nowhere'],
      [{ backends: { good }, endpoints: { e: { traffic: { god: 1 } } } }, 'BACKEND_NOT_FOUND', "did you mean 'good'?"],
      [{ backends: { good }, endpoints: { e: { traffic: { good: 1 }, methods: [] } } }, 'INVALID_ARGUMENT', 'methods'],
    ];
    for (const [given, code, part] of refused) {
      await fails(serve.planConfig(client, serve.defineConfig(given)), code, part);
    }
    assert.equal(await client.listBackends(), {});
  }),
);

test(
  'no query is lost while code is replaced',
  withInstance(async (client) => {
    const version = (n: number): serve.ConfigGiven => ({
      backends: { v: { target: () => n } },
      endpoints: { e: { traffic: { v: 1 } } },
    });
    await apply(client, version(0));
    const handle = await client.getHandle('e');
    const answers: unknown[] = [];
    let isOver = false;
    const asking = (async () => {
      while (!isOver) answers.push(await handle.remote());
    })();
    for (let n = 1; n <= 3; n++) assert.equal(await apply(client, version(n)), ['update-backend']);
    isOver = true;
    await asking;
    assert.is(await handle.remote(), 3);
    assert.ok(answers.length > 0);
    assert.equal(
      answers.filter((answer) => ![0, 1, 2, 3].includes(Number(answer))),
      [],
    );
  }),
);

test.run();
