import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MessageReader } from '../../lib/wire/message-reader.ts';

const test = suite('message reader');

function framed(bytes: Uint8Array, length = bytes.length): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(length);
  return Buffer.concat([head, bytes]);
}

test('however the bytes are cut, the same messages come out', () => {
  const message = fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc.uint8Array({ minLength: 4000, maxLength: 9000 }),
    fc.nat({ max: 200_000 }).map((length) => new Uint8Array(length).fill(length)),
  );
  const cuts = fc.array(fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 70_000 })), { maxLength: 60 });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 6 }), cuts, (messages, lengths) => {
      const heard: Buffer[] = [];
      const reader = new MessageReader(1_000_000, (bytes) => heard.push(Buffer.from(bytes)));
      const all = Buffer.concat(messages.map((one) => framed(one)));
      let at = 0;
      for (const length of [...lengths, all.length]) {
        // As a socket does, which gives each chunk memory of its own.
        if (at < all.length) assert.ok(reader.take(Buffer.from(all.subarray(at, at + length))));
        at += length;
      }
      assert.equal(
        heard.map((bytes) => bytes.toString('hex')),
        messages.map((one) => Buffer.from(one).toString('hex')),
      );
    }),
    { numRuns: 300 },
  );
});

test('byte by byte a long message arrives whole', () => {
  const heard: number[] = [];
  const reader = new MessageReader(1_000_000, (bytes) => heard.push(bytes.length));
  for (const byte of framed(new Uint8Array(150_000))) assert.ok(reader.take(Buffer.from([byte])));
  assert.equal(heard, [150_000]);
});

test('a length that may not be is refused as soon as it is there, also behind other messages', () => {
  const heard: number[] = [];
  const reader = (): MessageReader => new MessageReader(100, (bytes) => heard.push(bytes.length));
  assert.ok(reader().take(framed(new Uint8Array(100))));
  assert.not(reader().take(framed(new Uint8Array(0), 101)));
  assert.not(reader().take(Buffer.concat([framed(new Uint8Array(3)), framed(new Uint8Array(0), 0xffff_ffff)])));
  const slowly = reader();
  const [a, b, c, d] = framed(new Uint8Array(0), 101);
  for (const byte of [a, b, c]) assert.ok(slowly.take(Buffer.from([byte ?? 0])));
  assert.not(slowly.take(Buffer.from([d ?? 0])));
  assert.equal(heard, [100, 3]);
});

test.run();
