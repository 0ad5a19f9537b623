import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from '../support/instance.ts';
import { isAlive } from '../support/processes.ts';
import { cli, type Ended, endingInstance, Running, shown } from './command-fixture.ts';

const test = suite('starting and stopping');

interface Started {
  readonly name: string;
  readonly pid: number;
  readonly httpUrl: string;
  readonly host: string;
  readonly detached: boolean;
  readonly log: string | null;
}

/** A command that stays, once its instance runs. */
async function stay(name: string, ...args: readonly string[]): Promise<{ running: Running; started: Started }> {
  const running = new Running({ args: ['start', '--name', name, '--port', '0', '--json', ...args] });
  return { running, started: JSON.parse(await running.printed('\n')) };
}

async function startDetached(name: string, ...args: readonly string[]): Promise<Started> {
  return JSON.parse(await shown('start', '--detached', '--name', name, '--port', '0', '--json', ...args));
}

const isWell = async (url: string): Promise<boolean> => (await fetch(`${url}/-/healthz`)).ok;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`it stays with its instance until ${signal}, which shuts that down`, async () => {
    const running = new Running({ args: ['start', '--name', 'stays', '--port', '0'] });
    const said = await running.printed('Ctrl-C ends it\n');
    const [, url = '', pid = ''] = /^instance 'stays' runs at (http:\S+) \(process (\d+)\)\n/.exec(said) ?? [];
    assert.is(Number(pid), running.child.pid);
    assert.ok(await isWell(url));
    assert.equal(await running.kill(signal), { code: 0, stdout: said, stderr: '' });
    assert.equal(await serve.listInstances(), []);
  });
}

test('users’ shutdown runs when it is ended', async () => {
  const { running } = await stay('orderly');
  const client = await serve.connect({ name: 'orderly' });
  await client.createBackend(
    'model',
    class {
      call() {}
      shutdown() {
        Reflect.get(process, '_rawDebug')('model was shut down');
      }
    },
  );
  await client.close();
  assert.match((await running.kill('SIGTERM')).stderr, /^model was shut down\n$/);
});

test('it ends when the instance is stopped from elsewhere', async () => {
  for (const host of ['inline', 'process']) {
    const { running, started } = await stay('elsewhere', '--host', host);
    assert.equal([started.host, started.detached], [host, false]);
    assert.is(started.pid === running.child.pid, host === 'inline');
    const said = await shown('stop', '--name', 'elsewhere');
    assert.is(said, `instance 'elsewhere' has ended (process ${started.pid})\n`);
    assert.is((await running.ended).code, 0);
  }
});

test('without HTTP it stays, too', async () => {
  const { running, started } = await stay('quiet', '--location', 'NoServer');
  assert.is(started.httpUrl, null);
  assert.match(await shown('status', '--name', 'quiet'), /\nno HTTP\n/);
  assert.is((await running.kill('SIGINT')).code, 0);
});

test('it fails when the instance’s process is killed', async () => {
  const { running, started } = await stay('killed', '--host', 'process');
  process.kill(started.pid, 'SIGKILL');
  const { code, stderr } = await running.ended;
  assert.match(stderr, /^servelab: INSTANCE_NOT_FOUND: instance 'killed' \(process \d+\) has ended/);
  assert.is(code, 1);
  await shown('stop', '--forget', '--name', 'killed');
});

test(
  'detached, it says where the instance is and leaves it running',
  endingInstance('left', async (name) => {
    const said = await shown('start', '--detached', '--name', name, '--port', '0');
    const [, url = '', pid = '', log = ''] =
      /^instance 'left' runs at (http:\S+) \(process (\d+), log (\S+)\)\n`servelab stop --name left` ends it\n$/.exec(
        said,
      ) ?? [];
    assert.ok(await isWell(url));
    assert.ok(existsSync(log));
    const [listing] = await serve.listInstances();
    assert.equal([listing?.name, listing?.pid, listing?.detached, listing?.log], [name, Number(pid), true, log]);
    assert.equal(JSON.parse(await shown('stop', '--name', name, '--json')), { name, pid: Number(pid) });
    await until(() => !isAlive(Number(pid)), 'its process has ended');
    assert.not(existsSync(log));
  }),
);

test(
  'what is declared counts, and http options are passed on',
  endingInstance('declared', async (name) => {
    const args = ['--cpus', '1.5', '--gpus', '3,7', '--http-host', 'localhost'];
    const { httpUrl } = await startDetached(name, ...args);
    assert.match(httpUrl, /^http:\/\/localhost:\d+$/);
    const client = await serve.connect({ name });
    const [node] = (await client.status()).nodes;
    await client.close();
    assert.equal(node?.cpus, { total: 1.5, used: 0, enforced: true });
    assert.equal(
      node?.gpus.map(({ index }) => index),
      [3, 7],
    );
  }),
);

test(
  'a name that is taken is refused at once, whoever has it',
  endingInstance('taken', async (name) => {
    const { pid } = await startDetached(name);
    for (const args of [['--detached'], [], ['--host', 'process']]) {
      const { code, stderr, stdout } = await cli('start', '--name', name, '--port', '0', ...args);
      assert.match(stderr, new RegExp(`^servelab: INSTANCE_EXISTS: .*'taken' runs already, in process ${pid}`));
      assert.equal([code, stdout], [1, '']);
    }
  }),
);

test('a port that is taken is said, and nothing is left behind', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { readonly port: number };
  const results: Ended[] = [];
  for (const args of [['--detached'], []]) results.push(await cli('start', '--port', String(port), ...args));
  taken.close();
  for (const { code, stderr } of results) {
    assert.match(stderr, new RegExp(`^servelab: PORT_IN_USE: .*${port}`));
    assert.is(code, 1);
  }
  assert.equal(
    (await serve.listInstances()).filter(({ state }) => state === 'running'),
    [],
  );
});

test(
  'one that was killed is listed as stopped, and comes back as it was',
  endingInstance('lost', async (name) => {
    const { pid, httpUrl } = await startDetached(name, '--no-restart');
    const client = await serve.connect({ name });
    await client.createBackend('b', () => 'still here');
    await client.createEndpoint('e', { backend: 'b', route: '/e' });
    await client.close();
    process.kill(pid, 'SIGKILL');
    await until(() => !isAlive(pid), 'it is gone');
    assert.match(await shown('list'), /^NAME +STATE +PID +HOST +UP +URL\nlost +stopped +- +detached +- +-\n$/);
    const stopping = await cli('stop', '--name', name);
    assert.match(stopping.stderr, /INSTANCE_NOT_FOUND: .*its state is kept in \S+\/lost: `servelab start --name lost`/);
    assert.match(stopping.stderr, /`servelab stop --forget --name lost` deletes it\n$/);
    assert.is(stopping.code, 1);
    const inline = await cli('start', '--name', name, '--host', 'inline');
    assert.match(inline.stderr, /^servelab: instance 'lost' was detached, and comes back as it was; leave --host out/);
    assert.is(inline.code, 2);
    assert.match(await shown('start', '--name', name), /^instance 'lost' runs again, with 1 backend at http:/);
    assert.is(await (await fetch(`${httpUrl}/e`)).text(), 'still here');
    await shown('stop', '--name', name);
    assert.is(await shown('list'), 'no instances; `servelab start` starts one\n');
  }),
);

test(
  'what one has left can be forgotten, and then it is gone; what runs is stopped',
  endingInstance('forgotten', async (name) => {
    const { pid } = await startDetached(name, '--no-restart');
    process.kill(pid, 'SIGKILL');
    await until(() => !isAlive(pid), 'it is gone');
    assert.is(await shown('stop', '--forget', '--name', name), `the state of instance '${name}' is deleted\n`);
    assert.equal(await serve.listInstances(), []);
    const again = await startDetached(name);
    assert.match(await shown('stop', '--forget', '--name', name), new RegExp(`has ended \\(process ${again.pid}\\)`));
  }),
);

test.run();
