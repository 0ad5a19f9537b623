import { join } from 'node:path';
import fc from 'fast-check';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Bystander, bystander } from '../support/bystander.ts';
import { until } from '../support/instance.ts';
import { type EndableOwner, startOwner } from '../support/owner.ts';
import { descriptorsOf, residentBytes } from '../support/processes.ts';
import { bytesOf, frame, greeting, message, PROTOCOL, RawPeer } from '../support/raw-peer.ts';

/** Cases of each property; SERVELAB_FUZZ=100000 takes an hour. */
const CASES = Number(process.env.SERVELAB_FUZZ ?? 1000);
const MB = 1024 * 1024;

const test = suite('peers that mean something else');

interface Scene {
  owner: EndableOwner;
  other: Bystander;
  path: string;
}

const scene = {} as Scene;

test.before(async () => {
  scene.owner = await startOwner();
  scene.path = join(process.env.XDG_STATE_HOME ?? '', 'servelab', scene.owner.name, 'control.sock');
  scene.other = await bystander(scene.owner.name, scene.owner.process.pid ?? 0);
});

test.after(async () => {
  await scene.other.leave();
  await scene.owner.end();
});

const W = `servelab ${PROTOCOL} welcome 0.1.0\n`;
const R = `servelab ${PROTOCOL} refused 0.1.0\n`;
const OF_CONTROL = greeting('control');
const OF_QUERIES = greeting('queries');

/** An array in an array in an array, as V8 writes it. */
function nested(levels: number): Buffer {
  const open = Buffer.alloc(2 * levels, Buffer.from([0x41, 1]));
  const close = Buffer.alloc(3 * levels, Buffer.from([0x24, 0, 1]));
  return Buffer.concat([bytesOf(null).subarray(0, 2), open, Buffer.from([0x5f]), close]);
}

/** An array of that many holes, in nine bytes. */
const holes = (length: number): unknown[] => Object.assign([], { length });

const aQuery = (changes: Readonly<Record<number, unknown>> = {}): unknown[] => {
  const route = { endpoint: 'echo', shardKey: null, timeoutMs: null };
  return Object.assign(
    [1, 0, 0, 'POST', 'serve://echo', '', null, null, 'data', null, 'id-1', null, '', route],
    changes,
  );
};

const PEERS: readonly (readonly [title: string, words: readonly (string | Buffer)[], answered: string])[] = [
  ['speaks HTTP', ['GET / HTTP/1.1\r\nHost: x\r\n\r\n'], ''],
  ['posts JSON', ['POST /shutdown HTTP/1.1\r\ncontent-type: application/json\r\n\r\n{}'], ''],
  ['speaks TLS', [Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3])], ''],
  ['sends zeros', [Buffer.alloc(MB)], ''],
  ['greets without end', [`servelab ${PROTOCOL} control ${'x'.repeat(1000)}`], ''],
  ['is of another version', ['servelab 99.15 control 9.0.0\n'], R],
  ['is of another Node', ['servelab 1.99 control 0.1.0\n'], R],
  ['is of no version', ['servelab  \n'], R],
  ['wants what there is not', [greeting('everything')], R],
  ['wants what every object has', [greeting('constructor')], R],
  ['greets as nobody', ['servelab\n'], ''],
  ['wants nothing', [`servelab ${PROTOCOL} \n`], R],
  ['announces 4 GB', [OF_CONTROL, frame(Buffer.alloc(0), 0xffff_ffff)], W],
  ['announces a byte too many', [OF_QUERIES, frame(Buffer.alloc(0), 2 ** 30 + 1)], W],
  ['sends no message', [OF_CONTROL, frame(Buffer.from('hello'))], W],
  ['sends an empty one', [OF_CONTROL, frame(Buffer.alloc(0))], W],
  ['sends a cut one', [OF_CONTROL, frame(Buffer.from([0xff, 0x0f, 0x6f, 0x22, 0x02, 0x61]))], W],
  ['sends half a call as JSON', [OF_CONTROL, frame(Buffer.from('{"type":"call"'))], W],
  ['sends JSON that is no call', [OF_CONTROL, frame(Buffer.from('{"type":"reply","id":1}'))], W],
  ['nests JSON without end', [OF_CONTROL, frame(Buffer.from(`{"type":"call","id":1,"method":"status","args":${'['.repeat(MB)}${']'.repeat(MB)}}`))], W],
  ['sends a query as JSON', [OF_QUERIES, frame(Buffer.from('{"0":1,"1":0,"length":2}'))], W],
  ['sends null', [OF_CONTROL, message(null)], W],
  ['sends a call without arguments', [OF_CONTROL, message({ type: 'call', id: 1, method: 'status' })], W],
  ['calls by a number', [OF_CONTROL, message({ type: 'call', id: 'one', method: 'status', args: [] })], W],
  ['sends a reply', [OF_CONTROL, message({ type: 'reply', id: 1, value: 1, error: null })], W],
  ['sends queries as controls', [OF_CONTROL, message(aQuery())], W],
  ['sends controls as queries', [OF_QUERIES, message({ type: 'call', id: 1, method: 'status', args: [] })], W],
  ['sends frames of no kind', [OF_QUERIES, message([99, 0])], W],
  ['sends a frame of the other side', [OF_QUERIES, message([4, 0, 1, 0, 1, 1])], W],
  ['sends memory to share', [OF_QUERIES, message([3, 0, new Uint8Array(8)])], W],
  ['sends half a frame', [OF_QUERIES, message(aQuery().slice(0, 9))], W],
  ['uses no slot', [OF_QUERIES, message(aQuery({ 1: '__proto__' }))], W],
  ['uses half a slot', [OF_QUERIES, message(aQuery({ 1: 0.5 }))], W],
  ['uses a slot below all', [OF_QUERIES, message(aQuery({ 1: -1 }))], W],
  ['uses a slot above all', [OF_QUERIES, message(aQuery({ 1: 2 ** 31 }))], W],
  ['uses a slot twice', [OF_QUERIES, message([...aQuery({ 13: { endpoint: 'waits', shardKey: null, timeoutMs: null } }), ...aQuery()])], W],
  ['sets unknown flags', [OF_QUERIES, message(aQuery({ 2: 64 }))], W],
  ['names no endpoint', [OF_QUERIES, message(aQuery({ 13: null }))], W],
  ['sets a deadline of no time', [OF_QUERIES, message(aQuery({ 13: { endpoint: 'echo', shardKey: null, timeoutMs: Number.NaN } }))], W],
  ['grants credit without measure', [OF_QUERIES, message([12, 0, Number.POSITIVE_INFINITY])], W],
  ['breaks a stream for no reason', [OF_QUERIES, message([11, 0, null])], W],
  ['nests deeper than can be passed on', [OF_CONTROL, frame(nested(2500))], W],
  ['nests data deeper than can be passed on', [OF_QUERIES, message(aQuery({ 8: deep(1500) }))], W],
  ['nests arguments deeper than can be passed on', [OF_CONTROL, message({ type: 'call', id: 1, method: 'status', args: [deep(1500)] })], W],
  ['sends four thousand million holes', [OF_QUERIES, message(aQuery({ 2: 4, 8: holes(2 ** 32 - 1) }))], W],
]; // biome-ignore format: a table

function deep(levels: number): unknown {
  let value: unknown = null;
  for (let level = 0; level < levels; level++) value = { value };
  return value;
}

for (const [title, words, answered] of PEERS) {
  test(`one who ${title} is let go, and nobody else notices`, async () => {
    const peer = new RawPeer(scene.path);
    peer.listen();
    peer.say(...words);
    const heard = await peer.all();
    assert.is(heard.slice(0, answered.length), answered, `heard: ${JSON.stringify(heard.slice(0, 200))}`);
    if (answered !== W) assert.is(heard.length, answered.length);
    await scene.other.noticesNothing();
  });
}

test('one who writes slowly is heard out, byte by byte', async () => {
  const peer = new RawPeer(scene.path);
  peer.listen();
  for (const letter of OF_CONTROL) {
    peer.say(letter);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.is(`${await peer.line()}\n`, W);
  for (const byte of message({ type: 'call', id: 7, method: 'requireEndpoint', args: ['echo'] })) {
    peer.say(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(await peer.until((heard) => (heard as { id?: number }).id === 7), {
    type: 'reply',
    id: 7,
    error: null,
  });
  await peer.end();
});

test('a long message in the smallest pieces takes no more memory than its length', async () => {
  const peer = await RawPeer.greeted(scene.path, 'control');
  const before = residentBytes(scene.owner.process.pid ?? 0);
  peer.say(frame(Buffer.alloc(0), 64 * MB));
  const bytes = Buffer.alloc(1);
  for (let n = 0; n < 20_000; n++) {
    peer.say(bytes);
    if (n % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await scene.other.noticesNothing();
  const grown = residentBytes(scene.owner.process.pid ?? 0) - before;
  assert.ok(grown < 64 * MB, `${Math.round(grown / MB)} MB more`);
  await peer.end();
});

test('who connects and says nothing, or half a greeting, is let go after a while', async () => {
  const startedAt = performance.now();
  const peers = ['', 's', `servelab ${PROTOCOL} control`].map((word) => {
    const peer = new RawPeer(scene.path);
    peer.listen();
    peer.say(word);
    return peer;
  });
  assert.equal(await Promise.all(peers.map((peer) => peer.all())), ['', '', '']);
  assert.ok(performance.now() - startedAt > 4000, `after ${performance.now() - startedAt} ms`);
  await scene.other.noticesNothing();
});

test('who sends anything at all after any beginning harms nobody', async () => {
  const beginnings = fc.constantFrom('', 's', 'servelab ', OF_CONTROL, OF_QUERIES);
  const anything = fc.array(fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 60 }).map(framed)), {
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(beginnings, anything, async (beginning, pieces) => {
      const peer = new RawPeer(scene.path);
      peer.listen();
      peer.say(beginning, ...pieces.map((piece) => Buffer.from(piece)));
      peer.socket.end();
      await peer.closed;
    }),
    { numRuns: CASES },
  );
  await scene.other.noticesNothing();
});

const framed = (bytes: Uint8Array): Uint8Array => frame(Buffer.concat([bytesOf(null).subarray(0, 2), bytes]));

/** Something of every kind that can be sent. */
const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
});

const config = { numReplicas: 1 };
const shipment = { kind: 'imported', module: 'node:os', exportName: 'cpus', from: 'file:///' };
const aBackend = { shipment, initArgs: [], config, actorOptions: {}, env: null };
/** Calls that change nothing as they are, and little when they are spoilt: none knows of what others use. */
const CALLS: readonly (readonly [method: string, args: readonly unknown[]])[] = [
  ['createBackend', ['no name', aBackend]],
  ['updateBackend', ['missing', aBackend]],
  ['updateBackendConfig', ['missing', config]],
  ['getBackendConfig', ['missing']],
  ['listBackends', []],
  ['deleteBackend', ['missing', false]],
  ['createEndpoint', ['missing', { backend: 'missing', route: null, methods: ['GET'], idempotent: false }]],
  ['deleteEndpoint', ['missing']],
  ['listEndpoints', []],
  ['setTraffic', ['missing', { missing: 1 }]],
  ['shadowTraffic', ['missing', 'missing', 0.5]],
  ['status', []],
  ['statusAfter', [null]],
  ['requireEndpoint', ['missing']],
];

/** The value with something else in one place of it. */
function spoilt(value: unknown, path: readonly number[], by: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof value !== 'object' || value === null) return by;
  const keys = Object.keys(value);
  const key = keys[step % keys.length];
  if (key === undefined) return by;
  const copy: Record<string, unknown> = Array.isArray(value) ? ([...value] as never) : { ...value };
  copy[key] = spoilt(copy[key], rest, by);
  return copy;
}

/** Steps into a value, most of them through one of these entries first. */
const placesIn = (...entries: readonly number[]): fc.Arbitrary<number[]> =>
  fc
    .tuple(fc.option(fc.constantFrom(...entries), { freq: 5 }), fc.array(fc.nat({ max: 20 }), { maxLength: 4 }))
    .map(([first, steps]) => (first === null ? steps : [first, ...steps]));
/** `args` of a call; the data, parameters and route of a query. */
const [inCall, inQuery] = [placesIn(3), placesIn(7, 8, 8, 8, 13)];

test('calls spoilt in any place are refused or carried out, each connection by itself', async () => {
  let peer = await RawPeer.greeted(scene.path, 'control');
  let id = 0;
  let answers = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...CALLS), inCall, anything, async ([method, args], path, by) => {
      if (peer.isClosed) peer = await RawPeer.greeted(scene.path, 'control');
      id += 2;
      const call = spoilt({ type: 'call', id, method, args }, path, by) as { method?: unknown };
      if (call?.method === 'shutdown') return;
      peer.say(sendable(call), message({ type: 'call', id: id + 1, method: 'requireEndpoint', args: ['echo'] }));
      const last = id + 1;
      const reply = await peer.until((heard) => (heard as { id?: number }).id === last);
      if (reply !== undefined) answers++;
      assert.ok(reply === undefined || (reply as { error: unknown }).error === null);
    }),
    { numRuns: CASES },
  );
  assert.ok(answers > CASES / 10, `only ${answers} of ${CASES} went on`);
  await peer.end();
  await scene.other.noticesNothing();
  const { backends, endpoints } = await scene.other.client.status();
  assert.ok('echo' in backends && 'echo' in endpoints);
});

test('queries spoilt in any place are refused or answered, each connection by itself', async () => {
  let peer = await RawPeer.greeted(scene.path, 'queries');
  let answers = 0;
  const sound = message(aQuery({ 1: 1, 8: 'sound' }));
  await fc.assert(
    fc.asyncProperty(inQuery, anything, fc.boolean(), async (path, by, isCredit) => {
      if (peer.isClosed) peer = await RawPeer.greeted(scene.path, 'queries');
      const frames = spoilt(isCredit ? [12, 0, 4096, 13, 0, 2, 0, 'CANCELLED'] : aQuery(), path, by);
      peer.say(sendable(frames), sound);
      const isSound = (heard: unknown): boolean =>
        (heard as unknown[]).some((f, i, all) => f === 4 && all[i + 2] === 'sound');
      if ((await peer.until(isSound)) !== undefined) answers++;
      // What is still under way in slot 0 must not be met by the next.
      peer.socket.destroy();
      await peer.closed;
    }),
    { numRuns: CASES },
  );
  assert.ok(answers > CASES / 10, `only ${answers} of ${CASES} went on`);
  await scene.other.noticesNothing();
});

test('messages with bytes changed, cut or added harm nobody', async () => {
  const call = { type: 'call', id: 1, method: 'status', args: [] };
  const sound = [message(aQuery()), message(call), frame(Buffer.from(JSON.stringify(call)))];
  const change = fc.record({ at: fc.nat(), by: fc.uint8Array({ maxLength: 4 }), cut: fc.nat({ max: 4 }) });
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 2 }), fc.array(change, { minLength: 1, maxLength: 4 }), async (which, changes) => {
      let bytes = sound[which] ?? Buffer.alloc(0);
      for (const { at, by, cut } of changes) {
        const place = at % (bytes.length + 1);
        bytes = Buffer.concat([bytes.subarray(0, place), by, bytes.subarray(place + cut)]);
      }
      const peer = new RawPeer(scene.path);
      peer.listen();
      peer.say(which === 0 ? OF_QUERIES : OF_CONTROL, bytes);
      peer.socket.end();
      await peer.closed;
    }),
    { numRuns: CASES },
  );
  await scene.other.noticesNothing();
});

function sendable(value: unknown): Buffer {
  try {
    return message(value);
  } catch {
    return message(null);
  }
}

test('who floods and reads nothing is not listened to any further, and the rest go on', async () => {
  const pid = scene.owner.process.pid ?? 0;
  const before = residentBytes(pid);
  const peer = new RawPeer(scene.path);
  peer.socket.pause();
  peer.say(OF_CONTROL);
  const call = message({ type: 'call', id: 1, method: 'status', args: [] });
  const many = Buffer.concat(Array.from({ length: 1000 }, () => call));
  for (let n = 0; n < 200; n++) peer.say(many);
  await until(() => peer.socket.bytesWritten > 0, 'it to begin');
  await scene.other.noticesNothing();
  // What it wants to say stays where it is: nothing is taken of it any more.
  let left = -1;
  await until(async () => {
    const before = left;
    left = peer.socket.writableLength;
    await scene.other.noticesNothing();
    return left === before;
  }, 'it to be held up');
  assert.ok(left > 10 * MB, `${left} bytes are left of ${200 * many.length}`);
  const grown = residentBytes(pid) - before;
  assert.ok(grown < 150 * MB, `${Math.round(grown / MB)} MB more`);
  await peer.end();
});

test('who asks for more than he reads is let go before the instance runs out of memory', async () => {
  const pid = scene.owner.process.pid ?? 0;
  const peer = new RawPeer(scene.path);
  peer.socket.pause();
  const route = { endpoint: 'large', shardKey: null, timeoutMs: null };
  const queries = Array.from({ length: 200 }, (_, slot) => aQuery({ 1: slot, 8: 8 * MB, 13: route })).flat();
  peer.say(OF_QUERIES, message(queries));
  let most = 0;
  const busy = async (): Promise<boolean> =>
    (await scene.other.client.status()).replicas.some(({ backend, ongoing }) => backend === 'large' && ongoing > 0);
  // On a busy machine it is over before anybody is told that it has begun.
  const hasRun = async (): Promise<boolean> =>
    ((await scene.other.client.status()).endpoints.large?.stats.rate ?? 0) > 0;
  await until(async () => (await busy()) || (await hasRun()), 'it to begin');
  await until(async () => {
    most = Math.max(most, residentBytes(pid));
    return !(await busy());
  }, 'it to end');
  // 1.6 GB were asked for.
  assert.ok(most < 1200 * MB, `${Math.round(most / MB)} MB`);
  peer.listen();
  peer.socket.resume();
  await peer.closed;
  await scene.other.noticesNothing();
});

test('a thousand who connect, half of them without a word, leave room for others, and nothing behind', async () => {
  const pid = scene.owner.process.pid ?? 0;
  const before = descriptorsOf(pid).length;
  const peers: RawPeer[] = [];
  for (let n = 0; n < 10; n++) {
    peers.push(...(await Promise.all(Array.from({ length: 50 }, () => RawPeer.greeted(scene.path, 'control')))));
    peers.push(...Array.from({ length: 50 }, () => new RawPeer(scene.path)));
  }
  await until(() => descriptorsOf(pid).length >= before + 500, 'them to be taken');
  await scene.other.noticesNothing();
  const another = await serve.connect({ name: scene.owner.name });
  assert.is((await another.status()).instance.pid, pid);
  await another.close();
  await Promise.all(peers.map((peer) => peer.end()));
  await until(() => descriptorsOf(pid).length <= before, 'them to be gone');
});

test.run();
