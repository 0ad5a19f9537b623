import type * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, withInstance } from '../support/instance.ts';

const test = suite('changing an endpoint');

test(
  'it is reached by its new route and methods at once, and no longer by the old ones',
  withInstance(async (client, url) => {
    await client.createBackend('one', () => 1);
    await client.createBackend('two', () => 2);
    await client.createEndpoint('e', { backend: 'one', route: '/old', methods: ['GET'], idempotent: true });
    await client.setTraffic('e', { one: 0, two: 1 });
    await client.shadowTraffic('e', 'one', 0.5);
    await client.updateEndpoint('e', { route: '/new/{id}', methods: ['post'] });
    assert.equal((await client.describe()).endpoints, {
      e: {
        route: '/new/{id}',
        methods: ['POST'],
        traffic: { one: 0, two: 1 },
        shadows: { one: 0.5 },
        idempotent: true,
      },
    });
    assert.is(await (await fetch(`${url}/new/x`, { method: 'POST' })).text(), '2');
    assert.is((await fetch(`${url}/old`)).status, 404);
    assert.is((await fetch(`${url}/new/x`)).status, 405);
    await client.createEndpoint('f', { backend: 'one', route: '/old' });
    assert.is(await (await fetch(`${url}/old`)).text(), '1');
  }),
);

test(
  'what is not given stays, and null takes the route away',
  withInstance(async (client) => {
    await client.createBackend('b', () => 1, { config: { numReplicas: 0 } });
    await client.createEndpoint('e', { backend: 'b', route: '/e', methods: ['PUT'] });
    await client.updateEndpoint('e', { idempotent: true, route: undefined as unknown as null });
    const before = (await client.describe()).endpoints.e;
    assert.equal([before?.route, before?.methods, before?.idempotent], ['/e', ['PUT'], true]);
    await client.updateEndpoint('e', { route: '/e' });
    await client.updateEndpoint('e', { route: null });
    assert.is((await client.listEndpoints()).e?.route, null);
  }),
);

test(
  'no query is lost while its route changes back and forth',
  withInstance(async (client, url) => {
    await client.createBackend('b', () => 1);
    await client.createEndpoint('e', { backend: 'b', route: '/x/{a}' });
    const statuses: number[] = [];
    let isOver = false;
    const asking = (async () => {
      while (!isOver) statuses.push((await fetch(`${url}/x/1`)).status);
    })();
    for (let n = 0; n < 20; n++) await client.updateEndpoint('e', { route: n % 2 ? '/x/{a}' : '/x/{b:int}' });
    isOver = true;
    await asking;
    assert.equal([...new Set(statuses)], [200]);
  }),
);

test(
  'what it may not be is refused, and nothing is changed',
  withInstance(async (client) => {
    await client.createBackend('b', () => 1, { config: { numReplicas: 0 } });
    await client.createEndpoint('e', { backend: 'b', route: '/e' });
    await client.createEndpoint('other', { backend: 'b', route: '/o/{x}' });
    await fails(client.updateEndpoint('ee', { route: '/x' }), 'ENDPOINT_NOT_FOUND', "did you mean 'e'?");
    await fails(client.updateEndpoint('e', { route: '/o/{y}' }), 'ROUTE_EXISTS', 'other');
    await fails(client.updateEndpoint('e', { route: 'x' }), 'INVALID_ARGUMENT', '/');
    await fails(client.updateEndpoint('e', { methods: [] }), 'INVALID_ARGUMENT', 'methods');
    await fails(
      client.updateEndpoint('e', { backend: 'b' } as serve.UpdateEndpointGiven),
      'INVALID_ARGUMENT',
      'backend',
    );
    assert.equal((await client.listEndpoints()).e, { route: '/e', methods: ['GET'], traffic: { b: 1 }, shadows: {} });
  }),
);

test.run();
