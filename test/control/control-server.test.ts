import { lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ControlServer, type ControlServerParts } from '../../lib/control/control-server.ts';
import { message, RawPeer } from '../support/raw-peer.ts';

const test = suite('control server');

/** A test with a server of these parts. */
function served(
  parts: Partial<ControlServerParts>,
  run: (path: string, server: ControlServer) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const directory = mkdtempSync(join(tmpdir(), 'control-'));
    const path = join(directory, 'control.sock');
    const awake = setInterval(() => {}, 60_000); // a server keeps nobody alive
    const server = await ControlServer.listen(path, {
      version: '0.1.0',
      welcome: () => ({ instance: 'x', pid: 1, httpUrl: null, comesBack: false }),
      call: async () => null,
      queries() {},
      ...parts,
    });
    try {
      await run(path, server);
    } finally {
      clearInterval(awake);
      await server.close();
      rmSync(directory, { recursive: true });
    }
  };
}

const call = (id: number, method = 'x'): Buffer => message({ type: 'call', id, method, args: [] });

test(
  'a client that has too many calls under way is refused more, and no other',
  served({ call: () => new Promise(() => {}) }, async (path) => {
    const peer = await RawPeer.greeted(path, 'control');
    const other = await RawPeer.greeted(path, 'control');
    for (let id = 0; id < 1003; id++) peer.say(call(id, 'slow'));
    await peer.until((heard) => (heard as { type: string }).type === 'welcome');
    for (const id of [1000, 1001, 1002]) {
      const { id: of, error } = (await peer.next()) as { id: number; error: { code: string; message: string } };
      assert.equal([of, error.code], [id, 'QUEUE_FULL']);
      assert.match(error.message, 'slow: this client has 1000 calls under way');
    }
    other.say(call(1));
    assert.is(((await other.next()) as { type: string }).type, 'welcome');
    assert.not(other.isClosed);
    await Promise.all([peer.end(), other.end()]);
  }),
);

test('who called and has gone is known to what was called', async () => {
  const gone = Promise.withResolvers<void>();
  const called = Promise.withResolvers<void>();
  await served(
    {
      call: (_method, _args, caller) => {
        called.resolve();
        caller.gone?.addEventListener('abort', () => gone.resolve());
        return new Promise(() => {});
      },
    },
    async (path) => {
      const peer = await RawPeer.greeted(path, 'control');
      peer.say(call(1));
      await called.promise;
      await peer.end();
      await gone.promise;
    },
  )();
});

test(
  'an answer that cannot travel is a refusal',
  served({ call: async () => new SharedArrayBuffer(1) }, async (path) => {
    const peer = await RawPeer.greeted(path, 'control');
    peer.say(call(1), call(2));
    await peer.next();
    for (const id of [1, 2]) {
      const reply = (await peer.next()) as { id: number; error: { code: string } };
      assert.equal([reply.id, reply.error.code], [id, 'NOT_SERIALIZABLE']);
    }
    await peer.end();
  }),
);

test(
  'the socket is there all at once, closed to others, and takes the place of whatever was there',
  served({}, async (path, server) => {
    assert.is(lstatSync(path).mode & 0o777, 0o600);
    assert.equal(readdirSync(join(path, '..')), ['control.sock']);
    await server.close();
    assert.equal(readdirSync(join(path, '..')), []);
    writeFileSync(path, 'left behind');
    writeFileSync(join(path, '..', 'control.new'), 'left behind, too');
    const parts = { version: '0.1.0', welcome: () => ({ instance: 'x', pid: 1, httpUrl: null, comesBack: false }) };
    const next = await ControlServer.listen(path, { ...parts, call: async () => null, queries() {} });
    await (await RawPeer.greeted(path, 'control')).end();
    await next.close();
  }),
);

test.run();
