import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runScript } from './script.ts';

const test = suite('a script with replicas in processes');

const QUIET = { code: 0, stdout: '', stderr: '', left: [] };

const START = `
const client = await serve.start({ http: { port: 0 } });
const actorOptions = { isolation: 'process' };
await client.createBackend('leaf', (request) => request.data * 2, { actorOptions, config: { numReplicas: 2 } });
await client.createEndpoint('leaf', { backend: 'leaf', route: '/leaf' });
await client.createBackend('outer', async ({ data }) => {
  const client = await serve.connect();
  const [one, two] = [await client.getHandle('leaf'), await client.getHandle('leaf', { sync: true })];
  return [await one.remote(data), two.remote(data).get()];
}, { actorOptions });
await client.createEndpoint('outer', { backend: 'outer' });
const outer = await client.getHandle('outer');
if ((await outer.remote(4)).join() !== '8,8') throw new Error('wrong answer');
await fetch(client.http.url + '/leaf');
`;

const ENDS: Readonly<Record<string, string>> = {
  'is shut down': 'await client.shutdown();',
  'is shut down with calls under way': `
    for (let i = 0; i < 100; i++) outer.remote(i).catch(() => {});
    await client.shutdown();`,
  'has deleted everything and is shut down': `
    for (const name of ['outer', 'leaf']) await client.deleteEndpoint(name);
    for (const tag of ['outer', 'leaf']) await client.deleteBackend(tag);
    await client.shutdown();`,
  'calls process.exit()': 'process.exit();',
};

for (const [title, end] of Object.entries(ENDS)) {
  test(`that ${title} ends by itself, prints nothing and leaves nothing behind`, async () => {
    assert.equal(await runScript(START + end), QUIET);
  });
}

test('that throws ends with its own error alone', async () => {
  const { code, stdout, stderr, left } = await runScript(`${START} throw new RangeError('of the script');`);
  assert.equal([code, stdout, left], [1, '', []]);
  assert.match(stderr, /RangeError: of the script/);
  assert.not.ok(stderr.includes('servelab:'), stderr);
});

test('without a server ends when it has nothing more to do', async () => {
  const source = START.replace('{ port: 0 }', 'null').replace(/await fetch.*/, '');
  assert.equal(await runScript(source), QUIET);
});

test('gets what replicas print, each on its own stream, also what a process prints that they start', async () => {
  const { code, stdout, stderr, left } = await runScript(`
    const client = await serve.start({ http: null });
    class Prints {
      constructor() { console.log('out of the constructor'); }
      async call() {
        console.log('log');
        console.error('error');
        process.stdout.write('raw ä\\n');
        process.stderr.write('raw error\\n');
        const { spawnSync } = await import('node:child_process');
        spawnSync('sh', ['-c', 'echo native; echo native error >&2'], { stdio: 'inherit' });
      }
      shutdown() { console.log('out of shutdown'); }
    }
    await client.createBackend('prints', Prints, { actorOptions: { isolation: 'process' } });
    await client.createEndpoint('prints', { backend: 'prints' });
    await (await client.getHandle('prints')).remote();
    await client.shutdown();
  `);
  assert.equal([code, left], [0, []]);
  assert.is(stdout, 'out of the constructor\nlog\nraw ä\nnative\nout of shutdown\n');
  assert.is(stderr, 'error\nraw error\nnative error\n');
});

test('passes on a megabyte of output whole, and in order', async () => {
  const { code, stdout, stderr } = await runScript(`
    const client = await serve.start({ http: null });
    await client.createBackend('prints', async () => {
      for (let i = 0; i < 9_000; i++) console.log(String(i).padStart(120));
    }, { actorOptions: { isolation: 'process' } });
    await client.createEndpoint('prints', { backend: 'prints' });
    await (await client.getHandle('prints')).remote();
    await client.shutdown();
  `);
  assert.equal([code, stderr], [0, '']);
  const lines = stdout.split('\n');
  assert.is(lines.length, 9_001);
  assert.is(
    lines.findIndex((line, i) => i < 9_000 && line !== String(i).padStart(120)),
    -1,
  );
});

test('that may open no more files is told so, and what it has goes on', async () => {
  const { code, stdout, stderr, left } = await runScript(
    `
    const client = await serve.start({ http: null });
    const actorOptions = { isolation: 'process' };
    await client.createBackend('kept', () => 'kept', { actorOptions });
    await client.createEndpoint('kept', { backend: 'kept' });
    const kept = await client.getHandle('kept');
    await kept.remote();
    const failed = await client.createBackend('many', () => 1, { actorOptions, config: { numReplicas: 20 } })
      .catch((error) => error);
    console.log(failed.code, await kept.remote(), Object.keys(await client.listBackends()).join());
    console.log(failed.message);
    await client.shutdown();`,
    { openFiles: 80 },
  );
  assert.equal([code, stderr, left], [0, '', []]);
  assert.match(stdout, /^BACKEND_START_FAILED kept kept\n.*(no more files.*ulimit -n|too many open files)/);
});

test('waits for the replacement of a replica that died, though nothing else keeps it alive', async () => {
  const { code, stdout } = await runScript(`
    const client = await serve.start({ http: null });
    await client.createBackend('dies', (request) => (request.data ? process.exit(1) : 'served'), {
      actorOptions: { isolation: 'process' },
    });
    await client.createEndpoint('dies', { backend: 'dies' });
    const handle = await client.getHandle('dies');
    console.log(await handle.remote(true).then(null, (error) => error.code), await handle.remote());
    await client.shutdown();
  `);
  assert.equal([code, stdout], [0, 'REPLICA_DIED served\n']);
});

test('serves with the replicas that it has the files to reach', async () => {
  const { code, stdout, left } = await runScript(
    `
    const client = await serve.start({ http: null });
    const config = { numReplicas: 12 };
    const created = await client.createBackend('many', () => 'served', { config, actorOptions: { isolation: 'process' } })
      .then(() => 'created', (error) => error.code);
    const isThere = 'many' in (await client.status()).backends;
    console.log(created, isThere);
    if (isThere) {
      await client.createEndpoint('many', { backend: 'many' });
      console.log(await (await client.getHandle('many')).remote());
    }
    await client.shutdown();
  `,
    { openFiles: 90 },
  );
  assert.equal([code, left], [0, []]);
  assert.match(stdout, /^(created true\nserved|BACKEND_START_FAILED false)\n$/);
});

test.run();
