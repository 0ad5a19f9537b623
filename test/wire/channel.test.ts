import { once } from 'node:events';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Channel } from '../../lib/wire/channel.ts';
import { startedAtOnce } from '../../lib/wire/claims.ts';
import { FIELDS, FRAME, SLOTS_PER_PAGE, SlotStates } from '../../lib/wire/frames.ts';
import type { Port } from '../../lib/wire/port.ts';
import { QuerySender } from '../../lib/wire/query-sender.ts';
import { MessageTooLong } from '../../lib/wire/too-long.ts';

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

/** A port that takes so many frames at most in one message, and none of this slot. */
function narrow(mostFrames: number, tooLongSlot: number): { port: Port; sent: unknown[][] } {
  const sent: unknown[][] = [];
  const port: Port = {
    postMessage(message) {
      const frames = message as unknown[];
      const isTooLong =
        frames.length > mostFrames * FIELDS_OF_VALUE || (frames[0] === FRAME.value && frames[1] === tooLongSlot);
      if (isTooLong) throw new MessageTooLong(frames.length, mostFrames);
      sent.push(frames);
    },
    on() {},
    ref() {},
    unref() {},
    close() {},
  };
  return { port, sent };
}

const FIELDS_OF_VALUE = 6;

test('what is too long for one message goes in several, in order, and what is too long for any fails alone', () => {
  const { port, sent } = narrow(2, 3);
  const channel = new Channel(
    port,
    () => {},
    () => {},
  );
  for (let slot = 0; slot < 7; slot++) channel.outgoing().push(FRAME.value, slot, `answer ${slot}`, 0, 1, 2);
  channel.flush();
  const frames = sent.flatMap((message) => {
    const starts = [...message.keys()].filter((i) => message[i] === FRAME.value || message[i] === FRAME.failure);
    return message.length > FIELDS_OF_VALUE
      ? starts.filter((i) => i % FIELDS_OF_VALUE === 0).map((i) => message.slice(i, i + FIELDS_OF_VALUE))
      : [message];
  });
  assert.equal(
    frames.map(([kind, slot]) => [kind, slot]),
    [0, 1, 2, 3, 4, 5, 6].map((slot) => [slot === 3 ? FRAME.failure : FRAME.value, slot]),
  );
  const [, , failure, ...timing] = frames[3] ?? [];
  assert.is((failure as { code: string }).code, 'NOT_SERIALIZABLE');
  assert.equal(timing, [1, 2]);
});

test('a query that is too long fails alone, and is told so', () => {
  const failures: unknown[] = [];
  const { port, sent } = narrow(100, -1);
  const post = port.postMessage;
  port.postMessage = (message) => {
    if ((message as unknown[]).includes('too much')) throw new MessageTooLong(1, 0);
    post(message);
  };
  const sender = new QuerySender(port, startedAtOnce(true), { revive: () => null, onRoom() {}, onBatch() {} });
  const send = (data: string): number =>
    sender.send(
      {
        request: {
          source: 'handle',
          method: 'GET',
          url: '',
          headers: '',
          pathParams: null,
          queryParams: null,
          data,
          body: null,
          id: data,
        },
        callMethod: null,
        answerAs: 'value',
        lineage: '',
        route: null,
      },
      { answered() {}, failed: (envelope) => failures.push([data, envelope.code]), refused() {}, lost() {} },
    );
  for (const data of ['a', 'too much', 'b']) send(data);
  sender.flush();
  assert.equal(failures, [['too much', 'NOT_SERIALIZABLE']]);
  assert.equal(sent.flat().filter((field) => field === 'a' || field === 'b').length, 4);
  assert.is(sender.inFlight, 2);
});

test('the number of fields that each kind of frame is said to have is what is sent', () => {
  assert.equal([...FIELDS.keys()].sort(), Object.values(FRAME).sort());
});

test.run();
