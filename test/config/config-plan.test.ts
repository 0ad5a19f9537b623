import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { planSteps, type Wanted, type WantedBackend, type WantedEndpoint } from '../../lib/config-plan.ts';
import type { InstanceDescription } from '../../lib/controls.ts';
import { DEFAULT_BACKEND_CONFIG } from '../../lib/domain/backend.ts';
import { codeOf } from '../support/instance.ts';

const actorOptions = {
  numCpus: 1,
  numGpus: 0,
  custom: {},
  placement: 'pack',
  isolation: 'thread',
  envVars: {},
  maxMemoryBytes: null,
  startTimeoutMs: 300_000,
} as const;

const backend = { actorOptions, env: null, digests: { code: 'c1', initArgs: 'i1' } };
const one: WantedBackend = { ...backend, config: {} };
const CURRENT: InstanceDescription = {
  backends: {
    v1: { ...backend, config: { ...DEFAULT_BACKEND_CONFIG, numReplicas: 2, userConfig: { step: [1] } } },
    v2: { ...backend, config: DEFAULT_BACKEND_CONFIG },
  },
  endpoints: {
    e: { route: '/e/{id}', methods: ['GET'], traffic: { v1: 1, v2: 0 }, shadows: { v2: 0.5 }, idempotent: false },
    f: { route: '/f', methods: ['POST'], traffic: { v2: 1 }, shadows: {}, idempotent: false },
    g: { route: null, methods: ['GET'], traffic: { v2: 1 }, shadows: {}, idempotent: true },
  },
};

interface Row {
  readonly title: string;
  readonly backends?: Readonly<Record<string, WantedBackend>>;
  readonly endpoints?: Readonly<Record<string, WantedEndpoint>>;
  readonly prune?: boolean;
  /** In the words of `inShort`. */
  readonly steps: readonly string[] | { readonly refused: string; readonly naming: string };
}

const rows: readonly Row[] = [
  { title: 'nothing is wanted', steps: [] },
  {
    title: 'everything is as wanted',
    backends: { v1: { ...one, config: { numReplicas: 2, userConfig: { step: [1] } } }, v2: one },
    endpoints: {
      e: { route: '/e/{id}', methods: ['GET'], idempotent: false, traffic: { v1: 1 }, shadows: { v2: 0.5 } },
      f: { traffic: { v2: 1 } },
      g: { traffic: { v2: 1, v1: 0 }, route: null },
    },
    prune: true,
    steps: [],
  },
  { title: 'a backend is new', backends: { v3: one }, steps: ['+v3'] },
  {
    title: 'a name that every object has is new',
    backends: { constructor: one },
    endpoints: { toString: { traffic: { constructor: 1 } } },
    steps: ['+constructor', '+e:toString'],
  },
  {
    title: 'the code is another',
    backends: { v1: { ...one, digests: { code: 'c2', initArgs: 'i1' } } },
    steps: ['~v1 code'],
  },
  {
    title: 'constructor arguments, needs, environment and config are others: one update',
    backends: {
      v1: {
        actorOptions: { ...actorOptions, numCpus: 2, envVars: { A: '1' } },
        env: { directory: '/env', node: null },
        digests: { code: 'c1', initArgs: 'i2' },
        config: { numReplicas: 3 },
      },
    },
    steps: ['~v1 initArgs env actorOptions.numCpus actorOptions.envVars numReplicas'],
  },
  {
    title: 'the config is another',
    backends: { v1: { ...one, config: { numReplicas: 3, maxBatchSize: null, userConfig: undefined } } },
    steps: ['=v1 numReplicas userConfig'],
  },
  {
    title: 'an endpoint is new, with a new backend',
    backends: { v3: one },
    endpoints: { h: { route: '/h', traffic: { v3: 0.5, v1: 0.5 } } },
    steps: ['+v3', '+e:h'],
  },
  {
    title: 'traffic, shadows, methods and route are others',
    backends: { v3: one },
    endpoints: {
      e: { route: '/e', methods: ['GET', 'PUT'], idempotent: true, traffic: { v1: 0.9, v3: 0.1 }, shadows: {} },
    },
    steps: ['+v3', '~e:e route methods idempotent', '%e v1=0.9,v3=0.1', '?e '],
  },
  {
    title: 'what is not wanted goes when it is pruned, endpoints before their backends',
    backends: { v1: one },
    endpoints: { e: { traffic: { v1: 1 }, shadows: {} } },
    prune: true,
    steps: ['?e ', '-e:f', '-e:g', '-v2'],
  },
  {
    title: 'a new endpoint takes the route of one that goes: that one goes first',
    backends: { v1: one, v2: one },
    endpoints: { e: { traffic: { v1: 1 } }, n: { route: '/f', traffic: { v1: 1 } } },
    prune: true,
    steps: ['-e:f', '+e:n', '-e:g'],
  },
  {
    title: 'one takes the route that another leaves: the other one goes first',
    endpoints: { e: { route: '/f', traffic: { v1: 1 } }, f: { route: '/new', traffic: { v2: 1 } } },
    steps: ['~e:f route', '~e:e route'],
  },
  {
    title: 'two take each other’s routes: one is without for a moment',
    endpoints: { e: { route: '/f', traffic: { v1: 1 } }, f: { route: '/e/{other}', traffic: { v2: 1 } } },
    steps: ['~e:e route=null', '~e:f route', '~e:e route'],
  },
  {
    title: 'a route has other names for its variables',
    endpoints: { e: { route: '/e/{key}', traffic: { v1: 1 } } },
    steps: ['~e:e route'],
  },
  {
    title: 'a route belongs to one that stays',
    endpoints: { n: { route: '/e/{other}', traffic: { v1: 1 } } },
    steps: { refused: 'ROUTE_EXISTS', naming: "'e'" },
  },
  {
    title: 'a route belongs to one that is wanted and keeps it',
    endpoints: { n: { route: '/f', traffic: { v1: 1 } }, f: { traffic: { v1: 1 } } },
    steps: { refused: 'ROUTE_EXISTS', naming: "'f'" },
  },
  {
    title: 'traffic goes to a backend that nobody has',
    endpoints: { e: { traffic: { v11: 1 } } },
    steps: { refused: 'BACKEND_NOT_FOUND', naming: "endpoints.e: there is no backend 'v11'; did you mean 'v1'?" },
  },
  {
    title: 'a shadow goes to a backend that is pruned',
    backends: { v1: one },
    endpoints: { e: { traffic: { v1: 1 }, shadows: { v2: 1 } } },
    prune: true,
    steps: { refused: 'BACKEND_NOT_FOUND', naming: "'v2'" },
  },
];

const test = suite('plans');

for (const { title, backends = {}, endpoints = {}, prune = false, steps } of rows) {
  test(title, () => {
    const wanted: Wanted = {
      backends: new Map(Object.entries(backends)),
      endpoints: new Map(Object.entries(endpoints)),
    };
    if ('refused' in steps) {
      assert.throws(
        () => planSteps(CURRENT, wanted, prune),
        (error: Error) => codeOf(error) === steps.refused && error.message.includes(steps.naming),
      );
    } else assert.equal(planSteps(CURRENT, wanted, prune).map(inShort), steps);
  });
}

test('a change says what was and what will be', () => {
  const wanted: Wanted = {
    backends: new Map([['v1', { ...one, config: { numReplicas: 5 } }]]),
    endpoints: new Map([['f', { traffic: { v1: 1 } }]]),
  };
  assert.equal(planSteps(CURRENT, wanted, false), [
    { type: 'update-backend-config', backend: 'v1', changes: [{ key: 'numReplicas', from: 2, to: 5 }] },
    { type: 'set-traffic', endpoint: 'f', from: { v2: 1 }, to: { v1: 1 } },
  ]);
});

test.run();

function inShort(step: ReturnType<typeof planSteps>[number]): string {
  const keys = 'changes' in step ? step.changes.map(({ key }) => key).join(' ') : '';
  const weights = 'to' in step ? Object.entries(step.to).map((pair) => pair.join('=')) : [];
  switch (step.type) {
    case 'create-backend':
      return `+${step.backend}`;
    case 'update-backend':
      return `~${step.backend} ${keys}`;
    case 'update-backend-config':
      return `=${step.backend} ${keys}`;
    case 'delete-backend':
      return `-${step.backend}`;
    case 'create-endpoint':
      return `+e:${step.endpoint}`;
    case 'update-endpoint':
      return `~e:${step.endpoint} ${keys}${step.changes[0]?.to === null ? '=null' : ''}`;
    case 'set-traffic':
      return `%${step.endpoint} ${weights.join()}`;
    case 'set-shadows':
      return `?${step.endpoint} ${weights.join()}`;
    case 'delete-endpoint':
      return `-e:${step.endpoint}`;
  }
}
