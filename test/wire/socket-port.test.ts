import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type PortRules, SocketPort } from '../../lib/wire/socket-port.ts';
import { until } from '../support/instance.ts';
import { message } from '../support/raw-peer.ts';

const test = suite('socket port');

const KB = 1024;
const MB = 1024 * KB;

/** A test with a port of these rules, and the bare other end, which reads nothing of itself. */
function joined(rules: PortRules | null, run: (port: SocketPort, other: Socket) => Promise<void>): () => Promise<void> {
  return async () => {
    const directory = mkdtempSync(join(tmpdir(), 'port-'));
    const server = createServer();
    server.listen(join(directory, 's'));
    await once(server, 'listening');
    const other = connect(join(directory, 's'));
    other.on('error', () => {});
    const [socket] = (await once(server, 'connection')) as [Socket];
    try {
      await run(new SocketPort(socket, rules), other);
    } finally {
      other.destroy();
      socket.destroy();
      server.close();
      rmSync(directory, { recursive: true });
    }
  };
}

const RULES: PortRules = { accepts: () => true, listensUntil: 256 * KB, waitsUntil: 8 * MB };

test(
  'who reads nothing is not listened to once too much waits for him, and again when he has read',
  joined(RULES, async (port, other) => {
    let heard = 0;
    port.on('message', () => {
      heard++;
    });
    other.write(message('before'));
    await until(() => heard === 1, 'the first to be heard');
    for (let n = 0; n < 4; n++) port.postMessage(new Uint8Array(MB));
    other.write(message('while much waits'));
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.is(heard, 1);
    other.resume();
    await until(() => heard === 2, 'the second to be heard');
  }),
);

test(
  'who reads nothing is let go when no more may wait for him',
  joined(RULES, async (port) => {
    const closed = once(port, 'close');
    let posted = 0;
    port.on('close', () => {});
    for (; posted < 20; posted++) port.postMessage(new Uint8Array(MB));
    await closed;
    port.postMessage('nobody hears it, and nothing is thrown');
  }),
);

test(
  'who reads may be sent any amount',
  joined(RULES, async (port, other) => {
    let read = 0;
    other.on('data', (bytes: Buffer) => {
      read += bytes.length;
    });
    for (let n = 1; n <= 40; n++) {
      port.postMessage(new Uint8Array(MB));
      await until(() => read >= n * MB, 'it to be read');
    }
    assert.not(other.destroyed);
  }),
);

test(
  'a message that may not come ends the connection, and so does one that is thrown on',
  joined({ ...RULES, accepts: (heard) => heard !== 'no' }, async (port, other) => {
    const heard: unknown[] = [];
    port.on('message', (one) => heard.push(one));
    other.write(Buffer.concat([message('yes'), message('no'), message('too late')]));
    await once(port, 'close');
    assert.equal(heard, ['yes']);
  }),
);

test(
  'whoever handles a message and throws loses that connection, and is told',
  joined(RULES, async (port, other) => {
    const others = process.rawListeners('warning') as (() => void)[];
    process.removeAllListeners('warning'); // Node's own prints it
    const warned = once(process, 'warning');
    port.on('message', () => {
      throw new TypeError('not foreseen');
    });
    other.write(message('x'));
    const [warning] = (await warned) as [Error];
    for (const listener of others) process.on('warning', listener);
    assert.match(warning.message, /could not be handled[\s\S]*TypeError: not foreseen/);
    await once(port, 'close');
  }),
);

test.run();
