import { once } from 'node:events';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withDetached } from '../support/detached.ts';
import { fails, withInstance } from '../support/instance.ts';
import { withOwner } from '../support/owner.ts';

const test = suite('instances that are known here');

const base = join(process.env.XDG_STATE_HOME ?? '', 'servelab');

test('none are, where none was ever started', async () => {
  assert.not(existsSync(base));
  assert.equal(await serve.listInstances(), []);
  await fails(serve.findInstance('x'), 'INSTANCE_NOT_FOUND', "'x'");
  await fails(serve.findInstance('../x'), 'INVALID_ARGUMENT');
  await fails(serve.forgetInstance('..'), 'INVALID_ARGUMENT');
});

test(
  'those that run tell their process, address and age, also when they run in this process',
  withInstance(async (client, url) => {
    await withOwner(async (owner) => {
      const remote = await serve.connect({ name: owner.name });
      const { startedAt } = (await remote.status()).instance;
      await remote.close();
      const running = { state: 'running', host: 'inline', detached: false, problem: null, log: null };
      const mine = (await client.status()).instance;
      assert.equal(await serve.listInstances(), [
        {
          ...running,
          ...{ name: owner.name, pid: owner.process.pid, httpUrl: owner.url, startedAt },
          directory: join(base, owner.name),
        },
        {
          ...running,
          ...{ name: mine.name, pid: process.pid, httpUrl: url, startedAt: mine.startedAt },
          directory: join(base, mine.name),
        },
      ]);
      await fails(serve.forgetInstance(owner.name), 'INSTANCE_EXISTS', String(owner.process.pid));
    })();
  }),
);

test(
  'a detached one that was killed is listed as stopped until it is forgotten',
  withDetached(async (instance) => {
    await instance.start({ http: null });
    await instance.killAll();
    const listing = await serve.findInstance(instance.name);
    assert.equal([listing.state, listing.pid, listing.startedAt], ['stopped', null, null]);
    await serve.forgetInstance(instance.name);
    assert.not(existsSync(listing.directory));
    await fails(serve.forgetInstance(instance.name), 'INSTANCE_NOT_FOUND');
  }),
);

test(
  'one that was killed and was not detached has left nothing to go on with',
  withOwner(async (owner) => {
    owner.process.kill('SIGKILL');
    await once(owner.process, 'exit');
    await fails(serve.findInstance(owner.name), 'INSTANCE_NOT_FOUND');
  }),
);

test(
  'one that does not answer is listed all the same, with its process',
  withOwner(async (owner) => {
    owner.process.kill('SIGSTOP');
    const listing = await serve.findInstance(owner.name);
    const { state, pid, httpUrl, problem } = listing;
    assert.equal([state, pid, httpUrl, problem], ['running', owner.process.pid, null, 'it does not answer']);
  }),
);

test('one of another version says which, and what is no instance is none', async () => {
  mkdirSync(join(base, 'newer'), { recursive: true });
  const newer = createServer((socket) => socket.end('servelab 9 refused 7.0.0\n'));
  await once(newer.listen(join(base, 'newer', 'control.sock')), 'listening');
  writeFileSync(join(base, 'file'), '');
  mkdirSync(join(base, '-odd'));
  symlinkSync(dirname(base), join(base, 'link'));
  const listed = await serve.listInstances();
  newer.close();
  assert.equal(
    listed.map(({ name, state }) => [name, state]),
    [['newer', 'running']],
  );
  assert.match(listed[0]?.problem ?? '', /servelab 7\.0\.0/);
  await fails(serve.forgetInstance('link'), 'INSTANCE_NOT_FOUND');
});

test.run();
