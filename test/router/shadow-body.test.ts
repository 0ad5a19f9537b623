import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { copyBody } from '../../lib/router/shadow-body.ts';

const test = suite('bodies of shadows');

const MIB = 1024 * 1024;

function bodyOf(chunks: Uint8Array[], onCancel: () => void = () => {}): ReadableStream<Uint8Array> {
  const rest = [...chunks];
  return new ReadableStream(
    {
      pull(controller) {
        const next = rest.shift();
        if (next) controller.enqueue(next);
        else controller.close();
      },
      cancel: onCancel,
    },
    { highWaterMark: 0 },
  );
}

const bytesIn = async (stream: ReadableStream<Uint8Array>) =>
  new Uint8Array(await new Response(stream as never).arrayBuffer());

test('both get the same bytes, each its own memory', async () => {
  const [own, copy] = copyBody(bodyOf([new Uint8Array([1, 2]), new Uint8Array([3])]));
  const mine = await bytesIn(own);
  mine.fill(9);
  assert.equal([...(await bytesIn(copy))], [1, 2, 3]);
});

test('a shadow that does not read neither slows the caller nor fills the memory: its copy breaks at 8 MiB', async () => {
  const [own, copy] = copyBody(bodyOf(Array.from({ length: 12 }, () => new Uint8Array(MIB))));
  assert.is((await bytesIn(own)).byteLength, 12 * MIB);
  const error = await bytesIn(copy).catch((reason) => reason);
  assert.match(String(error), /behind/);
});

test('a shadow that gives up leaves the caller its body', async () => {
  const [own, copy] = copyBody(bodyOf([new Uint8Array([1]), new Uint8Array([2])]));
  await copy.cancel();
  assert.equal([...(await bytesIn(own))], [1, 2]);
});

test('a caller that stops reading stops the source, and the copy breaks', async () => {
  let cancelled = 0;
  const [own, copy] = copyBody(bodyOf([new Uint8Array([1])], () => cancelled++));
  await own.cancel(new Error('enough'));
  assert.is(cancelled, 1);
  assert.match(String(await bytesIn(copy).catch((reason) => reason)), /enough/);
});

test('a body that breaks breaks for both', async () => {
  const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error('cable')) });
  const [own, copy] = copyBody(broken);
  assert.match(String(await bytesIn(own).catch((reason) => reason)), /cable/);
  assert.match(String(await bytesIn(copy).catch((reason) => reason)), /cable/);
});

test.run();
