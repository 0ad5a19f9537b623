import { once } from 'node:events';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Channel } from '../../lib/wire/channel.ts';
import { SLOTS_PER_PAGE, SlotStates } from '../../lib/wire/frames.ts';

const test = suite('channels');

function pair(receive: (frames: unknown[], here: Channel) => void = () => {}, wake: Int32Array | null = null) {
  const { port1, port2 } = new MessageChannel();
  let closed = 0;
  const channel: Channel = new Channel(
    port1,
    (frames) => receive(frames, channel),
    () => closed++,
    { wake },
  );
  return { channel, peer: port2, closedCount: () => closed };
}

test('what one turn of the loop produces leaves as one message', async () => {
  const { channel, peer } = pair();
  channel.outgoing().push(1, 2);
  channel.outgoing().push(3);
  assert.is(receiveMessageOnPort(peer), undefined);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(receiveMessageOnPort(peer), { message: [1, 2, 3] });
  assert.is(receiveMessageOnPort(peer), undefined);
  channel.close();
});

test('what is produced while a message is handled leaves at its end, also when handling throws', () => {
  const { channel, peer } = pair((frames, here) => {
    here.outgoing().push('reply', ...frames);
    if (frames[0] === 'throw') throw new Error('in the handler');
  });
  peer.postMessage(['a']);
  channel.drain();
  assert.equal(receiveMessageOnPort(peer), { message: ['reply', 'a'] });
  peer.postMessage(['throw']);
  assert.throws(() => channel.drain(), 'in the handler');
  assert.equal(receiveMessageOnPort(peer), { message: ['reply', 'throw'] });
  channel.close();
});

test('close sends what waits, tells its owner once, and later pushes are dropped', async () => {
  const { channel, peer, closedCount } = pair();
  channel.outgoing().push('last');
  channel.close();
  assert.equal(receiveMessageOnPort(peer), { message: ['last'] });
  channel.outgoing().push('too late');
  await once(peer, 'close');
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(channel.isClosed);
  assert.is(closedCount(), 1);
});

test('a large own buffer is transferred, a small one copied', () => {
  const { channel, peer } = pair();
  const [large, small] = [new Uint8Array(64 * 1024).fill(1), new Uint8Array(10).fill(2)];
  for (const bytes of [large, small]) channel.outgoing(bytes).push(bytes);
  channel.flush();
  assert.equal([large.byteLength, small.byteLength], [0, 10]);
  const { message } = receiveMessageOnPort(peer) as { message: Uint8Array[] };
  assert.equal(
    message.map((bytes) => [bytes.byteLength, bytes[0]]),
    [
      [64 * 1024, 1],
      [10, 2],
    ],
  );
  channel.close();
});

test('a large buffer leaves with its own message, also where a full one leaves before it', () => {
  const { channel, peer } = pair();
  const all = Array.from({ length: 60 }, (_, n) => new Uint8Array(20_000).fill(n));
  for (const bytes of all) channel.outgoing(bytes).push(bytes);
  channel.flush();
  const arrived: number[] = [];
  for (let next = receiveMessageOnPort(peer); next; next = receiveMessageOnPort(peer)) {
    for (const bytes of next.message as Uint8Array[]) arrived.push(bytes[19_999] ?? -1);
  }
  assert.equal(arrived, [...all.keys()]);
  channel.close();
});

test('a peer that blocks on the wake counter is told of each message', () => {
  const wake = new Int32Array(new SharedArrayBuffer(4));
  const { channel } = pair(undefined, wake);
  for (let sent = 1; sent <= 3; sent++) {
    channel.outgoing().push(sent);
    channel.flush();
    channel.flush();
    assert.is(Atomics.load(wake, 0), sent);
  }
  channel.close();
});

test('who has a query is settled once, whoever comes first, on every page', () => {
  const [router, replica] = [new SlotStates(), new SlotStates()];
  for (let page = 0; page < 2; page++) {
    const shared = new SharedArrayBuffer(SLOTS_PER_PAGE);
    router.addPage(shared);
    replica.addPage(shared);
  }
  assert.is(router.size, 2 * SLOTS_PER_PAGE);
  for (const slot of [0, SLOTS_PER_PAGE - 1, SLOTS_PER_PAGE, 2 * SLOTS_PER_PAGE - 1]) {
    router.reset(slot);
    assert.equal([replica.start(slot), replica.start(slot), router.revoke(slot)], [true, false, false]);
    router.reset(slot);
    assert.equal([router.revoke(slot), router.revoke(slot), replica.start(slot)], [true, true, false]);
  }
  assert.throws(() => router.reset(2 * SLOTS_PER_PAGE), 'no page');
});

test.run();
