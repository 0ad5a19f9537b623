/** Changes of code, for fast-check to put between the other commands. */
import * as fc from 'fast-check';
import type * as serve from 'servelab';
import * as assert from 'uvu/assert';
import { Broken, type Command, compare, counts, Echo, one, outcomeOf, several, tags } from './control-commands.ts';
import type { Model, Outcome } from './control-model.ts';

const codes = fc.integer({ min: 1, max: 1000 });

export const codeCommands: fc.Arbitrary<Command>[] = [
  fc.tuple(tags, codes).map(([tag, code]) =>
    one(`update ${tag} to ${code}`, {
      model: (model) => model.updateCode(tag, code),
      real: (client) => update(client, tag, code),
    }),
  ),
  fc.tuple(tags, codes, counts).map(([tag, code, count]) =>
    one(`update ${tag} to ${code} with ${count} replicas`, {
      model: (model) => (model.updateCode(tag, code) === 'ok' ? model.scale(tag, count) : 'BACKEND_NOT_FOUND'),
      real: (client) => update(client, tag, code, { numReplicas: count }),
    }),
  ),
  tags.map((tag) =>
    withReplicas(tag, {
      title: `update ${tag} to code whose constructor throws`,
      model: (model) => [failure(model, tag)],
      real: (client) => [client.updateBackend(tag, Broken)],
    }),
  ),
  fc.tuple(tags, fc.array(codes, { minLength: 2, maxLength: 4 })).map(([tag, all]) =>
    several(`update ${tag} to ${all}, at once`, {
      model: (model) => all.map((code) => model.updateCode(tag, code)),
      real: (client) => all.map((code) => update(client, tag, code)),
    }),
  ),
  fc.tuple(tags, codes, codes, counts).map(([tag, first, second, count]) =>
    withReplicas(tag, {
      title: `update ${tag} to ${first}, to what throws, to ${second}, and scale it to ${count}, at once`,
      model: (model) => [
        model.updateCode(tag, first),
        failure(model, tag),
        model.updateCode(tag, second),
        model.scale(tag, count),
      ],
      real: (client) => [
        update(client, tag, first),
        client.updateBackend(tag, Broken),
        update(client, tag, second),
        client.updateBackendConfig(tag, { numReplicas: count }),
      ],
    }),
  ),
  fc.tuple(tags, codes, fc.boolean()).map(([tag, code, again]) => deletedWhileUpdated(tag, code, again)),
];

const update = (
  client: serve.Client,
  tag: string,
  code: number,
  config: serve.CreateBackendGiven['config'] = {},
): Promise<void> => client.updateBackend(tag, Echo, { initArgs: [code], config });

const failure = (model: Model, tag: string): Outcome =>
  model.backends.has(tag) ? 'BACKEND_START_FAILED' : 'BACKEND_NOT_FOUND';

/** Not tried on a backend without replicas: there no constructor runs, and none can throw. */
function withReplicas(
  tag: string,
  command: {
    readonly title: string;
    model(model: Model): readonly Outcome[];
    real(client: serve.Client): Promise<unknown>[];
  },
): Command {
  return { ...several(command.title, command), check: (model) => model.backends.get(tag) !== 0 };
}

/** The deletion wins or is refused; the update may come before it, or find the backend gone. */
function deletedWhileUpdated(tag: string, code: number, again: boolean): Command {
  const title = `update ${tag} to ${code} and deleteBackend ${tag}${again ? ' and create it again' : ''}, at once`;
  return {
    check: () => true,
    toString: () => title,
    async run(model, client) {
      const updating = outcomeOf(update(client, tag, code));
      const deleting = outcomeOf(client.deleteBackend(tag));
      const deleted = await deleting;
      const wasThere = model.updateCode(tag, code);
      assert.is(deleted, model.deleteBackend(tag), title);
      if (again) {
        const created = await outcomeOf(client.createBackend(tag, Echo));
        assert.is(created, model.createBackend(tag, 1), title);
      }
      const updated = await updating;
      const allowed: readonly unknown[] = deleted === 'ok' ? ['ok', 'BACKEND_NOT_FOUND'] : [wasThere];
      assert.ok(allowed.includes(updated), `${title}: the update ended with ${updated}`);
      await compare(model, client);
    },
  };
}
