import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withInstance } from '../support/instance.ts';
import { requireOrSkip } from '../support/require.ts';
import { cli, command, type Ended, Running, shown } from './command-fixture.ts';
import { Screen, tmux } from './screen.ts';

const test = suite('looking and changing');

let name = '';

/** A test with an instance: backends v1 and v2, and an endpoint for them. */
const withSplit = (run: (client: serve.Client, url: string) => Promise<void>): (() => Promise<void>) =>
  withInstance(async (client, url) => {
    name = (await client.status()).instance.name;
    await client.createBackend('v1', () => 1);
    await client.createBackend('v2', () => 2);
    await client.createEndpoint('split', { backend: 'v1', route: '/split/{id:int}', methods: ['GET', 'POST'] });
    await run(client, url);
  });

const at = (...args: readonly string[]): Promise<string> => shown(...args, '--name', name);
const failing = (...args: readonly string[]): Promise<Ended> => cli(...args, '--name', name);

function assertFails({ code, stdout, stderr }: Ended, said: RegExp): void {
  assert.match(stderr, said);
  assert.equal([code, stdout], [1, '']);
}

test(
  'traffic is split, and shown',
  withSplit(async (client) => {
    assert.is(await at('traffic', 'split'), 'split: v1 1\n');
    assert.is(await at('traffic', 'split', 'v1=0.9', 'v2=0.1'), 'split: v1 0.9, v2 0.1\n');
    assert.equal((await client.listEndpoints()).split?.traffic, { v1: 0.9, v2: 0.1 });
    assert.equal(JSON.parse(await at('traffic', 'split', '--json')), { v1: 0.9, v2: 0.1 });
    assertFails(
      await failing('traffic', 'split', 'v1=0.9'),
      /^servelab: INVALID_TRAFFIC: weights must sum to 1, got 0\.9/,
    );
    assertFails(await failing('traffic', 'split', 'v1=-1', 'v2=2'), /^servelab: INVALID_TRAFFIC: the weight of 'v1'/);
    assertFails(await failing('traffic', 'split', 'v3=1'), /^servelab: BACKEND_NOT_FOUND: .*did you mean 'v1'/);
    assertFails(await failing('traffic', 'spilt'), /^servelab: ENDPOINT_NOT_FOUND: .*did you mean 'split'\?\n$/);
    assertFails(await failing('traffic', 'spilt', 'v1=1'), /^servelab: ENDPOINT_NOT_FOUND/);
    assert.equal((await client.listEndpoints()).split?.traffic, { v1: 0.9, v2: 0.1 });
  }),
);

test(
  'a backend is scaled, and the command returns when its replicas run',
  withSplit(async (client) => {
    assert.is(await at('scale', 'v1', '3'), 'v1: 3 replicas\n');
    assert.is((await client.status()).backends.v1?.replicas.running, 3);
    assert.equal(JSON.parse(await at('scale', 'v1', '1', '--json')), { backend: 'v1', numReplicas: 1 });
    assert.is((await client.getBackendConfig('v1')).numReplicas, 1);
    assertFails(await failing('scale', 'v3', '1'), /^servelab: BACKEND_NOT_FOUND: .*'v3'/);
  }),
);

test(
  'status is a table for its reader, and a snapshot for a program',
  withSplit(async (client, url) => {
    await client.setTraffic('split', { v1: 0.3, v2: 0.7 });
    await client.shadowTraffic('split', 'v2', 0.5);
    await client.createBackend('off', () => 0, { config: { numReplicas: 0 } });
    const text = await at('status');
    const { instance } = await client.status();
    const first = `${name}  servelab ${instance.version}, process ${process.pid} (inline), up `;
    assert.ok(text.startsWith(first), text);
    assert.ok(text.includes(`HTTP on ${url}\n`));
    assert.match(text, /^NODE +CPUS +GPUS +CUSTOM\n\S+ +\d+\/\d+ \(counted only\) /m);
    assert.match(text, /^BACKEND +REPLICAS +QUEUED +RATE\/S +ERRORS\/S +P50 MS +P95 MS +P99 MS +WAITS FOR$/m);
    assert.match(text, /^v1 +1\/1 +0 +0\.0 +0\.0 +- +- +- +-$/m);
    assert.match(text, /^off +0\/0 /m);
    assert.match(text, /^v1#1 +RUNNING +(?:thread|process) \d+ +0\/100 +0 +- +0 +\d+s$/m);
    assert.match(text, /^split +\/split\/\{id:int\} +GET,POST +v1 0\.3, v2 0\.7 +v2 0\.5 +0\.0 /m);
    const snapshot = JSON.parse(await at('status', '--json')) as serve.ServeStatus;
    assert.equal(Object.keys(snapshot), ['instance', 'nodes', 'backends', 'replicas', 'endpoints']);
    assert.equal(snapshot.instance, (await client.status()).instance);
  }),
);

test(
  'list shows every instance, and what it does not know of one that runs elsewhere',
  withSplit(async (_, url) => {
    const table = await shown('list');
    assert.match(table, new RegExp(`^${name} +running +${process.pid} +inline +\\d+s +${url}$`, 'm'));
    const listed = JSON.parse(await shown('list', '--json')) as serve.InstanceListing[];
    assert.equal(listed, await serve.listInstances());
  }),
);

test(
  'metrics are those of Prometheus’ page, also over the control socket alone',
  withInstance(
    async (client) => {
      name = (await client.status()).instance.name;
      assert.match(await at('metrics'), /^# HELP serve_num_http_requests /m);
      const { contentType, text } = JSON.parse(await at('metrics', '--json'));
      assert.match(contentType, /^text\/plain/);
      assert.match(text, /^# TYPE serve_backend_request_counter counter$/m);
    },
    { http: null },
  ),
);

test(
  'every change is in the history, with who made it, and can be gone back to',
  withSplit(async (client) => {
    await at('traffic', 'split', 'v2=1');
    const rows = (await at('history')).trimEnd().split('\n');
    assert.match(rows[0] ?? '', /^REVISION +AT +AUTHOR +OPERATION +WHAT$/);
    assert.match(
      rows.at(-1) ?? '',
      /^4 +\d{4}-\d\d-\d\dT\S+Z +\S+ \(process \d+\) +set-traffic +traffic of 'split': \{"v2":1\}$/,
    );
    assert.equal(JSON.parse(await at('history', '--json')), await client.history());
    assert.is(await at('rollback', '3'), 'everything is as in revision 3; this is revision 5\n');
    assert.equal((await client.listEndpoints()).split?.traffic, { v1: 1 });
    assert.equal(JSON.parse(await at('rollback', '4', '--json')), { rolledBackTo: 4, revision: 6 });
    assertFails(
      await failing('rollback', '99'),
      /^servelab: INVALID_ARGUMENT: there is no revision 99: 1 to 6 are kept/,
    );
  }),
);

test(
  'where nothing was changed, history says so',
  withInstance(async (client) => {
    name = (await client.status()).instance.name;
    assert.is(await at('history'), 'nothing has been changed yet\n');
    assert.is(await at('history', '--json'), '[]\n');
  }),
);

test(
  'names of users’ own cannot drive the terminal',
  withInstance(async (client) => {
    name = (await client.status()).instance.name;
    await client.createBackend('b', () => 1, { config: { numReplicas: 0 } });
    await client.createEndpoint('e', { backend: 'b', route: '/\u202eevil' });
    const text = await at('status');
    assert.ok(text.includes('/\\u{202e}evil'), text);
    assert.ok(!text.includes('\u202e'));
    assert.ok((await at('status', '--json')).includes('/\\u202eevil'));
  }),
);

test(
  'a reader that leaves at once ends it quietly',
  withSplit(async () => {
    for (const args of [['status'], ['metrics'], ['list']]) {
      const running = new Running({ args: [...args, '--name', name] });
      running.child.stdout.destroy();
      const { code, stderr } = await running.ended;
      assert.equal([code, stderr], [0, ''], args.join());
    }
  }),
);

requireOrSkip(
  test,
  'colours are for terminals that want them',
  tmux,
  withSplit(async () => {
    const seen = async (environment: readonly string[], ...args: readonly string[]): Promise<string> => {
      const program = [process.execPath, command, 'status', '--name', name, ...args];
      const screen = await Screen.open(['env', '-u', 'NO_COLOR', 'TERM=xterm-256color', ...environment, ...program]);
      try {
        await screen.waitFor(/exit code 0/);
        return await screen.readStyled();
      } finally {
        await screen.close();
      }
    };
    const bold = '\u001b[1mBACKEND';
    assert.ok((await seen([])).includes(bold));
    assert.ok(!(await seen(['NO_COLOR=1'])).includes(bold));
    assert.ok(!(await seen([], '--no-color')).includes(bold));
    assert.ok(!(await at('status')).includes('\u001b'));
  }),
);

test.run();
