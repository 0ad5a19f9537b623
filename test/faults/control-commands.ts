/** The commands that are tried on an instance and on its model, for fast-check to put in any order. */
import type { AsyncCommand } from 'fast-check';
import * as fc from 'fast-check';
import * as serve from 'servelab';
import * as assert from 'uvu/assert';
import { until } from '../support/instance.ts';
import type { Model, Outcome } from './control-model.ts';

export type Command = AsyncCommand<Model, serve.Client>;

export class Echo {
  readonly #code: number;

  constructor(code = 0) {
    this.#code = code;
  }

  call(): unknown {
    return `${serve.getCurrentBackendTag()} ${this.#code}`;
  }

  /** Takes a few turns of the loop, so that other operations come in the middle. */
  async reconfigure(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

export class Broken {
  constructor() {
    throw new Error('on purpose');
  }
}

export const tags = fc.constantFrom('a', 'b', 'c');
const names = fc.constantFrom('x', 'y', 'z');
const routes = fc.constantFrom(null, '/one', '/two');
export const counts = fc.integer({ min: 0, max: 2 });
const weights = fc
  .tuple(fc.uniqueArray(tags, { minLength: 1, maxLength: 3 }), fc.constantFrom(1, 1, 1, 0.5))
  .map(([used, sum]) => Object.fromEntries(used.map((tag) => [tag, sum / used.length])));

export const commands: fc.Arbitrary<Command>[] = [
  fc.tuple(tags, counts).map(([tag, count]) =>
    one(`createBackend ${tag} ${count}`, {
      model: (model) => model.createBackend(tag, count),
      real: (client) => client.createBackend(tag, Echo, { config: { numReplicas: count } }),
    }),
  ),
  tags.map((tag) =>
    one(`createBackend ${tag} whose constructor throws`, {
      model: (model) => (model.backends.has(tag) ? 'BACKEND_EXISTS' : 'BACKEND_START_FAILED'),
      real: (client) => client.createBackend(tag, Broken),
    }),
  ),
  tags.map((tag) =>
    several(`createBackend ${tag}, four at once`, {
      model: (model) => [model.createBackend(tag, 1), ...Array<Outcome>(3).fill('BACKEND_EXISTS')],
      real: (client) => Array.from({ length: 4 }, () => client.createBackend(tag, Echo)),
    }),
  ),
  fc.tuple(tags, counts).map(([tag, count]) =>
    one(`scale ${tag} to ${count}`, {
      model: (model) => model.scale(tag, count),
      real: (client) => client.updateBackendConfig(tag, { numReplicas: count }),
    }),
  ),
  fc.tuple(tags, fc.array(counts, { minLength: 2, maxLength: 5 })).map(([tag, all]) =>
    several(`scale ${tag} to ${all}, at once`, {
      model: (model) => all.map((count) => model.scale(tag, count)),
      real: (client) => all.map((count) => client.updateBackendConfig(tag, { numReplicas: count })),
    }),
  ),
  tags.map((tag) =>
    one(`deleteBackend ${tag}`, {
      model: (model) => model.deleteBackend(tag),
      real: (client) => client.deleteBackend(tag),
    }),
  ),
  fc.tuple(tags, counts).map(([tag, count]) => deletedWhileScaled(tag, count)),
  fc.tuple(names, tags, routes).map(([name, backend, route]) =>
    one(`createEndpoint ${name} to ${backend} at ${route}`, {
      model: (model) => model.createEndpoint(name, backend, route),
      real: (client) => client.createEndpoint(name, { backend, route }),
    }),
  ),
  names.map((name) =>
    one(`deleteEndpoint ${name}`, {
      model: (model) => model.deleteEndpoint(name),
      real: (client) => client.deleteEndpoint(name),
    }),
  ),
  fc.tuple(names, weights).map(([name, given]) =>
    one(`setTraffic ${name} ${JSON.stringify(given)}`, {
      model: (model) => model.setTraffic(name, given),
      real: (client) => client.setTraffic(name, given),
    }),
  ),
  fc.tuple(names, tags, fc.constantFrom(0, 0.5, 1)).map(([name, tag, proportion]) =>
    one(`shadowTraffic ${name} ${tag} ${proportion}`, {
      model: (model) => model.shadowTraffic(name, tag, proportion),
      real: (client) => client.shadowTraffic(name, tag, proportion),
    }),
  ),
  names.map((name) => call(name)),
];

/** One call, which ends as the model says. */
export function one(
  title: string,
  command: { model(model: Model): Outcome; real(client: serve.Client): Promise<unknown> },
): Command {
  return several(title, { model: (model) => [command.model(model)], real: (client) => [command.real(client)] });
}

/** Calls at once, which end as the model says, one or another of them. */
export function several(
  title: string,
  command: { model(model: Model): readonly Outcome[]; real(client: serve.Client): Promise<unknown>[] },
): Command {
  return {
    check: () => true,
    toString: () => title,
    async run(model, client) {
      const outcomes = await Promise.all(command.real(client).map(outcomeOf));
      assert.equal(outcomes.sort(), [...command.model(model)].sort(), title);
      await compare(model, client);
    },
  };
}

/** The deletion wins or is refused; the scaling may come before it, or find the backend gone. */
function deletedWhileScaled(tag: string, count: number): Command {
  const title = `scale and reconfigure ${tag} to ${count} and deleteBackend ${tag}, at once`;
  return {
    check: () => true,
    toString: () => title,
    async run(model, client) {
      const change = { numReplicas: count, userConfig: { count } };
      const calls = [client.updateBackendConfig(tag, change), client.deleteBackend(tag)];
      const [scaled, deleted] = await Promise.all(calls.map(outcomeOf));
      const wasThere = model.scale(tag, count);
      assert.is(deleted, model.deleteBackend(tag), title);
      const allowed: readonly unknown[] = deleted === 'ok' ? ['ok', 'BACKEND_NOT_FOUND', 'CANCELLED'] : [wasThere];
      assert.ok(allowed.includes(scaled), `${title}: scaling ended with ${scaled}`);
      await compare(model, client);
    },
  };
}

function call(name: string): Command {
  return {
    check: () => true,
    toString: () => `call ${name}`,
    async run(model, client) {
      const handle = await client.getHandle(name, { missingOk: true });
      let answer: unknown;
      const outcome = await outcomeOf(handle.remote().then((value) => (answer = value)));
      const candidates = model.answering(name);
      const answers = candidates.map((tag) => model.answerOf(tag));
      if (candidates.length === 0) assert.is(outcome, 'ENDPOINT_NOT_FOUND');
      else if (outcome === 'ok') assert.ok(answers.includes(String(answer)), `${answer} was not among ${answers}`);
      else
        assert.ok(
          candidates.some((tag) => model.backends.get(tag) === 0),
          `${outcome} from ${candidates}`,
        );
    },
  };
}

export async function outcomeOf(work: PromiseLike<unknown>): Promise<Outcome> {
  try {
    await work;
    return 'ok';
  } catch (error) {
    if (error instanceof serve.ServeError) return error.code;
    throw error;
  }
}

/** The instance holds what the model holds, and its replicas are those that are wanted, no more and no fewer. */
export async function compare(model: Model, client: serve.Client): Promise<void> {
  const backends = await client.listBackends();
  const wanted = Object.fromEntries(Object.entries(backends).map(([tag, { numReplicas }]) => [tag, numReplicas]));
  assert.equal(wanted, Object.fromEntries(model.backends));
  const endpoints = Object.entries(await client.listEndpoints());
  const held = Object.fromEntries(endpoints.map(([name, { methods: _, ...rest }]) => [name, rest]));
  assert.equal(held, Object.fromEntries(model.endpoints));
  const status = await client.status();
  for (const [tag, count] of model.backends) {
    assert.equal(status.backends[tag]?.replicas, { target: count, running: count, pending: [] }, tag);
  }
  for (const { traffic, shadows } of Object.values(status.endpoints)) {
    for (const tag of Object.keys({ ...traffic, ...shadows })) assert.ok(tag in status.backends, `${tag} is routed to`);
  }
  await until(async () => (await client.status()).replicas.length === model.replicas, 'leaving replicas to go');
}
