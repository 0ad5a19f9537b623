/** The files and sockets of replicas in processes go with those who needed them. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { connectTo, listenAt } from '../../lib/wire/socket-connection.ts';
import { faulty, until, withRig } from '../fixtures/faults/rig.ts';
import { runDirectories } from '../support/processes.ts';

const test = suite('files of replicas in processes');

const options = { revive: () => null, onRoom: () => {}, onBatch: () => {} };

test('a router that lets go before the replica has read its first word leaves no file, and the replica takes the next', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'files-'));
  const address = join(directory, 'replica');
  let connections = 0;
  const server = await listenAt(address, (port) => {
    port.close();
    connections++;
  });
  try {
    connectTo(address, directory, options).lose();
    assert.equal(readdirSync(directory), ['replica']);
    connectTo(address, directory, options);
    await until('the next one is connected', () => connections === 1);
    assert.equal(readdirSync(directory), ['replica']);
  } finally {
    server.close();
    rmSync(directory, { recursive: true });
  }
});

test('a replica that has ended leaves neither its socket nor its load, whether it was killed or deleted', () =>
  withRig(async (rig) => {
    await rig.createBackend('b', faulty('Faulty', rig.board));
    await rig.client.createEndpoint('b', { backend: 'b', route: '/b' });
    const files = () => runDirectories().flatMap((directory) => readdirSync(directory)).length;
    assert.is((await rig.get('/b')).status, 200);
    const before = files();
    for (let round = 1; round <= 2; round++) {
      assert.is((await rig.get('/b?do=exit&code=1')).status, 502);
      assert.is((await rig.get('/b')).status, 200, 'the replacement serves');
      await until('as many files as before', () => files() === before);
    }
    await rig.client.deleteEndpoint('b');
    await rig.client.deleteBackend('b');
    await until('two files less', () => files() === before - 2);
    await rig.client.shutdown();
    assert.equal(runDirectories(), []);
  })('process'));

test.run();
