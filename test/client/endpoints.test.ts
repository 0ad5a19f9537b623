import type * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, withInstance } from '../support/instance.ts';

const test = suite('endpoints');

const noReplicas = { config: { numReplicas: 0 } };

test(
  'an endpoint has by default GET, no route and all traffic to its backend',
  withInstance(async (client) => {
    await client.createBackend('b', () => 1, noReplicas);
    await client.createEndpoint('plain', { backend: 'b' });
    await client.createEndpoint('routed', { backend: 'b', route: '/r/{id:int}', methods: ['post', 'Get', 'GET'] });
    await client.createEndpoint('none', { backend: 'b', route: null });
    await client.shadowTraffic('routed', 'b', 0.25);
    const plain = { route: null, methods: ['GET'], traffic: { b: 1 }, shadows: {} };
    assert.equal(await client.listEndpoints(), {
      plain,
      routed: { route: '/r/{id:int}', methods: ['POST', 'GET'], traffic: { b: 1 }, shadows: { b: 0.25 } },
      none: plain,
    });
  }),
);

test(
  'a list that a caller changes is a copy',
  withInstance(async (client) => {
    await client.createBackend('b', () => 1, noReplicas);
    await client.createEndpoint('e', { backend: 'b' });
    const listed = await client.listEndpoints();
    listed.e?.methods.push('DELETE');
    Reflect.set(listed.e?.traffic ?? {}, 'b', 7);
    assert.equal((await client.listEndpoints()).e, {
      route: null,
      methods: ['GET'],
      traffic: { b: 1 },
      shadows: {},
    });
  }),
);

test(
  'what an endpoint may not be is refused with what was found and wanted',
  withInstance(async (client) => {
    await client.createBackend('resnet', () => 1, noReplicas);
    const cases: [string, unknown, serve.ServeErrorCode, string[]][] = [
      ['e', { backend: 'resnett' }, 'BACKEND_NOT_FOUND', ["'resnett'", "did you mean 'resnet'?"]],
      ['e', { backend: 'constructor' }, 'BACKEND_NOT_FOUND', ['constructor']],
      ['e', {}, 'INVALID_ARGUMENT', ['backend']],
      ['e', undefined, 'INVALID_ARGUMENT', ['backend']],
      ['e', null, 'INVALID_ARGUMENT', ['plain object']],
      ['e', 'resnet', 'INVALID_ARGUMENT', ['plain object', "'resnet'"]],
      ['e', { backend: 1 }, 'INVALID_ARGUMENT', ['backend', '1']],
      ['e', { backend: 'resnet', rout: '/x' }, 'INVALID_ARGUMENT', ["did you mean 'route'?"]],
      ['e', { backend: 'resnet', route: 'x' }, 'INVALID_ARGUMENT', ["'x'", '/']],
      ['e', { backend: 'resnet', route: '' }, 'INVALID_ARGUMENT', ['route']],
      ['e', { backend: 'resnet', route: 5 }, 'INVALID_ARGUMENT', ['route', '5']],
      ['e', { backend: 'resnet', route: '/-/mine' }, 'INVALID_ARGUMENT', ['/-/', 'reserved']],
      ['e', { backend: 'resnet', route: '/{id:number}' }, 'INVALID_ARGUMENT', ['number']],
      ['e', { backend: 'resnet', methods: [] }, 'INVALID_ARGUMENT', ['methods']],
      ['e', { backend: 'resnet', methods: 'GET' }, 'INVALID_ARGUMENT', ['methods', 'array']],
      ['e', { backend: 'resnet', methods: ['G T'] }, 'INVALID_ARGUMENT', ['methods[0]', 'G T']],
      ['e', { backend: 'resnet', methods: [null] }, 'INVALID_ARGUMENT', ['methods[0]', 'null']],
      ['e', { backend: 'resnet', idempotent: 1 }, 'INVALID_ARGUMENT', ['idempotent', 'true or false']],
      ['e e', { backend: 'resnet' }, 'INVALID_ARGUMENT', ['endpoint name', "'e e'"]],
      ['', { backend: 'resnet' }, 'INVALID_ARGUMENT', ['endpoint name']],
    ];
    for (const [name, options, code, parts] of cases) {
      await fails(client.createEndpoint(name, options as serve.CreateEndpointGiven), code, ...parts);
    }
    assert.equal(await client.listEndpoints(), {});
  }),
);

test(
  'names and routes are taken once; equal patterns under other variable names are one route',
  withInstance(async (client) => {
    await client.createBackend('b', () => 1, noReplicas);
    await client.createEndpoint('a', { backend: 'b', route: '/x/{id:int}' });
    await fails(client.createEndpoint('a', { backend: 'b', route: '/x/{id:int}' }), 'ENDPOINT_EXISTS', "'a'");
    await fails(client.createEndpoint('a', { backend: 'b' }), 'ENDPOINT_EXISTS', "'a'");
    await fails(
      client.createEndpoint('c', { backend: 'b', route: '/x/{id:int}' }),
      'ROUTE_EXISTS',
      '/x/{id:int}',
      "'a'",
    );
    await fails(
      client.createEndpoint('c', { backend: 'b', route: '/x/{n:int}' }),
      'ROUTE_EXISTS',
      '/x/{n:int}',
      '/x/{id:int}',
      "'a'",
    );
    await client.createEndpoint('c', { backend: 'b', route: '/x/{id:int}/' });
    await client.createEndpoint('d', { backend: 'b', route: '/x/{id}' });
    assert.equal(Object.keys(await client.listEndpoints()), ['a', 'c', 'd']);
  }),
);

test(
  'a deleted endpoint frees its name and route at once, and its backend stays',
  withInstance(async (client, url) => {
    await client.createBackend('one', () => 'one');
    await client.createBackend('two', () => 'two');
    await client.createEndpoint('e', { backend: 'one', route: '/e' });
    const handle = await client.getHandle('e');
    assert.is(await (await fetch(`${url}/e`)).text(), 'one');
    await client.deleteEndpoint('e');
    assert.is((await fetch(`${url}/e`)).status, 404);
    await fails(handle.remote(), 'ENDPOINT_NOT_FOUND', "'e'");
    await fails(client.deleteEndpoint('e'), 'ENDPOINT_NOT_FOUND', "'e'");
    await client.createEndpoint('e', { backend: 'two', route: '/e' });
    assert.is(await (await fetch(`${url}/e`)).text(), 'two');
    assert.is(await handle.remote(), 'two');
    assert.equal(Object.keys(await client.listBackends()), ['one', 'two']);
  }),
);

test(
  'getHandle wants an endpoint that is there, unless missing is ok; then the call says so',
  withInstance(async (client) => {
    await client.createBackend('b', () => 'late');
    await client.createEndpoint('classify', { backend: 'b' });
    await fails(client.getHandle('clasify'), 'ENDPOINT_NOT_FOUND', "'clasify'", "did you mean 'classify'?");
    await fails(client.getHandle('toString'), 'ENDPOINT_NOT_FOUND', 'createEndpoint');
    await fails(client.getHandle('a b'), 'INVALID_ARGUMENT', 'endpoint name');
    await fails(
      client.getHandle('classify', { missingok: true } as never),
      'INVALID_ARGUMENT',
      "did you mean 'missingOk'?",
    );
    await fails(client.getHandle('classify', { sync: 1 } as never), 'INVALID_ARGUMENT', 'sync', 'true or false');
    const handle = await client.getHandle('later', { missingOk: true });
    await fails(handle.remote(), 'ENDPOINT_NOT_FOUND', "'later'", 'createEndpoint');
    await client.createEndpoint('later', { backend: 'b' });
    assert.is(await handle.remote(), 'late');
  }),
);

test.run();
