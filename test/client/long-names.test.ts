// What users and their callers name is shown in messages, but no more of it than somebody would read.
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { failureOf, withInstance } from '../support/instance.ts';

const test = suite('long names in messages');

const LONG = 'x'.repeat(10_000);
const ROUTE = `/${LONG}`;
/** Two names, clipped, and what is to be said of them. */
const LONGEST = 600;

function requireShort(message: string, code: string): void {
  assert.ok(message.includes(`${'x'.repeat(50)}`) && message.includes('…'), `${code}: the name is to be seen in part`);
  assert.ok(message.length < LONGEST, `${code}: a message of ${message.length} characters`);
}

const REFUSED: readonly (readonly [
  code: serve.ServeErrorCode,
  refused: (client: serve.Client) => PromiseLike<unknown>,
])[] = [
  ['INVALID_ARGUMENT', (client) => client.createBackend(LONG, () => 1)],
  ['INVALID_ARGUMENT', (client) => client.updateBackend(LONG, () => 1)],
  ['BACKEND_NOT_FOUND', (client) => client.updateBackendConfig(LONG, { numReplicas: 2 })],
  ['BACKEND_NOT_FOUND', (client) => client.getBackendConfig(LONG)],
  ['BACKEND_NOT_FOUND', (client) => client.deleteBackend(LONG)],
  ['BACKEND_NOT_FOUND', (client) => client.createEndpoint('other', { backend: LONG })],
  ['BACKEND_NOT_FOUND', (client) => client.setTraffic('named', { [LONG]: 1 })],
  ['BACKEND_NOT_FOUND', (client) => client.shadowTraffic('named', LONG, 0.5)],
  ['INVALID_TRAFFIC', (client) => client.setTraffic('named', { [LONG]: 0.5 })],
  ['INVALID_TRAFFIC', (client) => client.setTraffic('named', { [LONG]: -1 })],
  ['INVALID_ARGUMENT', (client) => client.createEndpoint(LONG, { backend: 'named' })],
  ['ENDPOINT_NOT_FOUND', (client) => client.updateEndpoint(LONG, { route: '/other' })],
  ['ENDPOINT_NOT_FOUND', (client) => client.deleteEndpoint(LONG)],
  ['ENDPOINT_NOT_FOUND', (client) => client.setTraffic(LONG, { named: 1 })],
  ['ENDPOINT_NOT_FOUND', (client) => client.shadowTraffic(LONG, 'named', 0.5)],
  ['INVALID_ARGUMENT', (client) => client.getHandle(LONG)],
  ['METHOD_NOT_FOUND', async (client) => (await client.getHandle('named')).options({ methodName: LONG }).remote()],
  ['ROUTE_EXISTS', (client) => client.createEndpoint('other', { backend: 'named', route: ROUTE })],
  ['ROUTE_EXISTS', (client) => client.createEndpoint('other', { backend: 'named', route: `${ROUTE}/{b}` })],
  ['INVALID_ARGUMENT', (client) => client.createEndpoint('other', { backend: 'named', route: `/{${LONG}}/{${LONG}}` })],
  ['INVALID_ARGUMENT', (client) => client.createEndpoint('other', { backend: 'named', route: `/a{${LONG}:path}` })],
  ['INVALID_ARGUMENT', (client) => client.createEndpoint('other', { backend: 'named', route: `/{a:${LONG}}` })],
  ['BACKEND_START_FAILED', (client) => client.createBackend('other', serve.imported('node:path', LONG))],
];

async function furnish(client: serve.Client): Promise<void> {
  await client.createBackend(
    'named',
    class {
      call(): string {
        return 'named';
      }
    },
  );
  await client.createEndpoint('named', { backend: 'named', route: ROUTE });
  await client.createEndpoint('pattern', { backend: 'named', route: `${ROUTE}/{a}` });
  await client.createEndpoint('short', { backend: 'named', route: '/short' });
}

async function requireAllShort(client: serve.Client): Promise<void> {
  await furnish(client);
  const before = await client.describe();
  for (const [code, refused] of REFUSED) {
    const error = await failureOf(() => refused(client));
    assert.instance(error, serve.ServeError);
    const { message, code: found } = error as serve.ServeError;
    assert.is(found, code, message);
    requireShort(message, code);
  }
  assert.equal(await client.describe(), before);
  const headers = { 'x-serve-call-method': LONG };
  const answer = await fetch(`${client.http?.url}/short`, { headers });
  const { error } = (await answer.json()) as { error: { code: string; message: string } };
  assert.is(answer.status, 404);
  assert.is(error.code, 'METHOD_NOT_FOUND');
  requireShort(error.message, error.code);
}

test('are clipped by an instance in this process, and by its HTTP', withInstance(requireAllShort));

test('are clipped by an instance in another process, and by its HTTP', async () => {
  const client = await serve.start({ name: 'long-names', host: 'process', http: { port: 0 } });
  try {
    await requireAllShort(client);
  } finally {
    await client.shutdown();
  }
});

test(
  'so are many names at once',
  withInstance(async (client) => {
    await furnish(client);
    const weights = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`backend-${i}`, 0.1]));
    const { message } = (await failureOf(client.setTraffic('named', weights))) as Error;
    assert.match(message, /^weights must sum to 1, got .* \(backend-0 0\.1, .*backend-9 0\.1, …\)/);
    assert.ok(message.length < LONGEST, `${message.length} characters`);
  }),
);

test.run();
