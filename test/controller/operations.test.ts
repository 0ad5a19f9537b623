import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { applyOperation, NOTHING_WANTED, type Operation, type TargetState } from '../../lib/controller/operations.ts';
import { DEFAULT_BACKEND_CONFIG } from '../../lib/domain/backend.ts';
import type { ServeError } from '../../lib/errors.ts';
import { SOURCE } from '../support/fake-replicas.ts';

const test = suite('applyOperation');

const config = DEFAULT_BACKEND_CONFIG;
const createBackend = (tag: string): Operation => ({
  type: 'create-backend',
  tag,
  config,
  source: SOURCE,
});
const createEndpoint = (name: string, backend: string, route: string | null): Operation => ({
  type: 'create-endpoint',
  name,
  backend,
  route,
  methods: ['GET'],
  idempotent: false,
});
const after = (...operations: readonly Operation[]): TargetState => operations.reduce(applyOperation, NOTHING_WANTED);

/** Backends v1, v2 and v3; endpoint `e` at /items/{id} with v1, shadowed to v2. */
const SOME = after(...['v1', 'v2', 'v3'].map(createBackend), createEndpoint('e', 'v1', '/items/{id}'), {
  type: 'shadow-traffic',
  name: 'e',
  tag: 'v2',
  proportion: 0.5,
});

test('counts the operations and changes nothing in the state before', () => {
  const state = applyOperation(SOME, { type: 'set-traffic', name: 'e', weights: { v1: 0.25, v3: 0.75 } });
  assert.equal([SOME.revision, state.revision], [5, 6]);
  assert.equal(SOME.endpoints.get('e')?.traffic.weights, [['v1', 1]]);
  assert.equal(Object.fromEntries(state.endpoints.get('e')?.traffic.weights ?? []), { v1: 0.25, v3: 0.75 });
  assert.equal(state.endpoints.get('e')?.shadows, [['v2', 0.5]], 'shadows stay');
});

test('a shadow is set anew, and ended by 0', () => {
  const changed = applyOperation(SOME, { type: 'shadow-traffic', name: 'e', tag: 'v2', proportion: 0.1 });
  assert.equal(changed.endpoints.get('e')?.shadows, [['v2', 0.1]]);
  const ended = applyOperation(changed, { type: 'shadow-traffic', name: 'e', tag: 'v2', proportion: 0 });
  assert.equal(ended.endpoints.get('e')?.shadows, []);
  assert.ok(applyOperation(ended, { type: 'delete-backend', tag: 'v2' }), 'nobody uses it any more');
});

test('a deleted endpoint frees its name, its route and its backends', () => {
  const state = applyOperation(SOME, { type: 'delete-endpoint', name: 'e' });
  assert.equal([...applyOperation(state, { type: 'delete-backend', tag: 'v1' }).backends.keys()], ['v2', 'v3']);
  assert.ok(applyOperation(state, createEndpoint('e', 'v3', '/items/{id}')));
});

const refused: readonly (readonly [string, Operation, string])[] = [
  ['BACKEND_EXISTS', createBackend('v1'), "'v1'"],
  ['BACKEND_NOT_FOUND', { type: 'delete-backend', tag: 'v9' }, "did you mean 'v1'"],
  ['BACKEND_NOT_FOUND', { type: 'update-backend-config', tag: 'v9', config }, "'v9'"],
  ['BACKEND_IN_USE', { type: 'delete-backend', tag: 'v1' }, "'e'"],
  ['BACKEND_IN_USE', { type: 'delete-backend', tag: 'v2' }, "'e'"],
  ['ENDPOINT_EXISTS', createEndpoint('e', 'v1', null), "'e'"],
  ['ENDPOINT_EXISTS', createEndpoint('e', 'v1', '/items/{id}'), "'e'"],
  ['ROUTE_EXISTS', createEndpoint('f', 'v1', '/items/{id}'), "'e'"],
  ['ROUTE_EXISTS', createEndpoint('f', 'v1', '/items/{other}'), "'/items/{id}'"],
  ['BACKEND_NOT_FOUND', createEndpoint('f', 'v9', null), "'v9'"],
  ['ENDPOINT_NOT_FOUND', { type: 'delete-endpoint', name: 'f' }, 'create it first'],
  ['ENDPOINT_NOT_FOUND', { type: 'set-traffic', name: 'f', weights: { v1: 1 } }, "'f'"],
  ['BACKEND_NOT_FOUND', { type: 'set-traffic', name: 'e', weights: { v9: 1 } }, "'v9'"],
  ['INVALID_TRAFFIC', { type: 'set-traffic', name: 'e', weights: { v1: 0.5 } }, '0.5'],
  ['INVALID_ARGUMENT', { type: 'set-traffic', name: 'e', weights: null }, 'null'],
  ['BACKEND_NOT_FOUND', { type: 'shadow-traffic', name: 'e', tag: 'v9', proportion: 0.5 }, "'v9'"],
  ['INVALID_ARGUMENT', { type: 'shadow-traffic', name: 'e', tag: 7, proportion: 0.5 }, 'number'],
  ['INVALID_TRAFFIC', { type: 'shadow-traffic', name: 'e', tag: 'v2', proportion: 1.5 }, '1.5'],
  ['ENDPOINT_NOT_FOUND', { type: 'shadow-traffic', name: 'f', tag: 'v2', proportion: 0.5 }, "'f'"],
];
for (const [code, op, says] of refused) {
  test(`${op.type} is refused by ${code}, naming ${says}`, () => {
    try {
      applyOperation(SOME, op);
      assert.unreachable('it was taken');
    } catch (error) {
      assert.is((error as ServeError).code, code, String(error));
      assert.ok((error as Error).message.includes(says), (error as Error).message);
    }
  });
}

test.run();
