import { join } from 'node:path';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULT_BACKEND_CONFIG } from '../../lib/domain/backend.ts';
import { withOwner } from '../support/owner.ts';
import { message, RawPeer } from '../support/raw-peer.ts';

const test = suite('what is asked past a client');

const shipment = { kind: 'imported', module: 'node:os', exportName: 'cpus', from: 'file:///' };
const config = { ...DEFAULT_BACKEND_CONFIG };
const digests = { code: 'x', initArgs: 'y' };
const backend = { shipment, initArgs: [], config, actorOptions: {}, env: null, digests };
const endpoint = { backend: 'echo', route: null, methods: ['GET'], idempotent: false };
const TOO_LONG = 'x'.repeat(10_240);

const REFUSED: readonly (readonly [method: string, args: readonly unknown[], code: string, part: string])[] = [
  ...['../x', '__proto__', '', 'a/b', 'é', TOO_LONG, 5, null, ['x'], {}].flatMap((name) => [
    ['createBackend', [name, backend], 'INVALID_ARGUMENT', 'backend name'] as const,
    ['updateBackend', [name, backend], 'INVALID_ARGUMENT', 'backend name'] as const,
    ['createEndpoint', [name, endpoint], 'INVALID_ARGUMENT', 'endpoint name'] as const,
  ]),
  ['createBackend', ['x'], 'INVALID_ARGUMENT', 'a backend must be'],
  ['createBackend', ['x', { ...backend, shipment: 5 }], 'INVALID_ARGUMENT', 'shipment'],
  ['createBackend', ['x', { ...backend, shipment: {} }], 'BACKEND_START_FAILED', ''],
  ['createBackend', ['x', { ...backend, initArgs: 'x' }], 'INVALID_ARGUMENT', 'initArgs'],
  ['createBackend', ['x', { ...backend, digests: {} }], 'INVALID_ARGUMENT', 'digests'],
  ['rollback', ['1'], 'INVALID_ARGUMENT', 'revision'],
  ['updateEndpoint', ['x', { route: 1 }], 'INVALID_ARGUMENT', 'route'],
  ['createBackend', ['x', { ...backend, env: { directory: 5 } }], 'INVALID_ARGUMENT', 'env'],
  ['createBackend', ['x', { ...backend, config: { numReplicas: -1 } }], 'INVALID_ARGUMENT', 'numReplicas'],
  ['createBackend', ['x', { ...backend, config: { numReplica: 1 } }], 'INVALID_ARGUMENT', 'numReplicas'],
  ['createBackend', ['x', { ...backend, actorOptions: { numGpus: Number.NaN } }], 'INVALID_ARGUMENT', 'numGpus'],
  ['updateBackendConfig', ['echo', { numReplicas: '2' }], 'INVALID_ARGUMENT', 'numReplicas'],
  ['updateBackendConfig', ['echo', null], 'INVALID_ARGUMENT', 'plain object'],
  ['updateBackendConfig', [{}, {}], 'INVALID_ARGUMENT', 'name'],
  ['deleteBackend', ['echo', 'yes'], 'INVALID_ARGUMENT', 'force'],
  ['deleteBackend', ['../x', false], 'BACKEND_NOT_FOUND', ''],
  ['createEndpoint', ['x', { ...endpoint, route: 'x' }], 'INVALID_ARGUMENT', 'route'],
  ['createEndpoint', ['x', { ...endpoint, methods: ['GE T'] }], 'INVALID_ARGUMENT', 'methods[0]'],
  ['createEndpoint', ['x', { ...endpoint, idempotent: 1 }], 'INVALID_ARGUMENT', 'idempotent'],
  ['createEndpoint', ['x', { ...endpoint, backend: '__proto__' }], 'BACKEND_NOT_FOUND', ''],
  ['setTraffic', ['echo', { echo: Number.NaN }], 'INVALID_TRAFFIC', ''],
  ['setTraffic', ['echo', JSON.parse('{"__proto__":1}')], 'BACKEND_NOT_FOUND', ''],
  ['setTraffic', [5, { echo: 1 }], 'INVALID_ARGUMENT', 'name'],
  ['shadowTraffic', ['echo', 'echo', 2], 'INVALID_TRAFFIC', ''],
  ['statusAfter', ['x'], 'INVALID_ARGUMENT', 'after'],
  ['eventsAfter', [5, 1, false], 'INVALID_ARGUMENT', 'after'],
  ['eventsAfter', [{ log: 'x' }, 1, false], 'INVALID_ARGUMENT', 'after'],
  ['eventsAfter', [null, 'all', false], 'INVALID_ARGUMENT', 'count'],
  ['tracesAfter', [5, null, 1, false], 'INVALID_ARGUMENT', 'after'],
  ['tracesAfter', [null, {}, 1, false], 'INVALID_ARGUMENT', 'endpoint name'],
  ['tracesAfter', [null, 'none', 1, false], 'ENDPOINT_NOT_FOUND', ''],
  ['tracesAfter', [null, null, 1001, false], 'INVALID_ARGUMENT', 'count'],
  ['tracesAfter', [null, null, 'all', false], 'INVALID_ARGUMENT', 'count'],
  ['tracesAfter', [], 'INVALID_ARGUMENT', 'after'],
  ['openTrial', ['echo', 'echo', {}], 'INVALID_ARGUMENT', 'shadow'],
  ['openTrial', ['echo', 'echo', { shadow: 1, count: 'x' }], 'INVALID_ARGUMENT', 'count'],
  ['openTrial', ['echo', 'echo', { shadow: 1, count: 1 }], 'INVALID_ARGUMENT', 'nothing to compare'],
  ['openTrial', [{}, 'echo', { shadow: 1, count: 1 }], 'INVALID_ARGUMENT', ''],
  ['openTrial', ['none', 'echo', { shadow: 1, count: 1 }], 'ENDPOINT_NOT_FOUND', ''],
  ['takePairs', ['1'], 'INVALID_ARGUMENT', 'trial'],
  ['takePairs', [77], 'TIMEOUT', 'trial'],
  ['closeTrial', [null], 'INVALID_ARGUMENT', 'trial'],
  ['trace', [5], 'INVALID_ARGUMENT', 'requestId'],
  ['trace', [TOO_LONG], 'INVALID_ARGUMENT', 'nothing is known'],
  ['requireEndpoint', [TOO_LONG], 'ENDPOINT_NOT_FOUND', ''],
  ['constructor', [], 'INVALID_ARGUMENT', "no control 'constructor' in servelab"],
  ['__proto__', [], 'INVALID_ARGUMENT', 'no control'],
];

test(
  'is checked as what a client is given, and changes nothing',
  withOwner(async (owner) => {
    const client = await serve.connect({ name: owner.name });
    const before = await described(client);
    const peer = await RawPeer.greeted(
      join(process.env.XDG_STATE_HOME ?? '', 'servelab', owner.name, 'control.sock'),
      'control',
    );
    for (const [id, [method, args, code, part]] of REFUSED.entries()) {
      peer.say(message({ type: 'call', id, method, args }));
      const reply = (await peer.until((heard) => (heard as { id?: number }).id === id)) as {
        error: { code: string; message: string } | null;
      };
      const what = `${method}(${JSON.stringify(args).slice(0, 80)})`;
      assert.is(reply.error?.code, code, `${what}: ${reply.error?.message}`);
      assert.ok(reply.error?.message.includes(part), `${what}: ${reply.error?.message}`);
      if (code === 'INVALID_ARGUMENT') assert.ok((reply.error?.message.length ?? 0) < 1000, what);
    }
    assert.equal(await described(client), before);
    await peer.end();
    await client.close();
  }),
);

const described = async (client: serve.Client): Promise<unknown> => [
  await client.listBackends(),
  await client.listEndpoints(),
];

test.run();
