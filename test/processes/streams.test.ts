import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, failureOf, handleOf, until, withInstance } from '../support/instance.ts';
import { ISOLATIONS } from '../support/isolations.ts';
import { DIRECTIONS } from './directions.ts';

const test = suite('streams of replicas in processes');

const CHUNK_BYTES = 64 * 1024;
const CHUNKS = 500;
/** More than what may be under way on three connections, of which the kernel buffers one, and much less than all of it. */
const HELD_BYTES = 20 * 1024 * 1024;
const PROCESS = { actorOptions: { isolation: 'process' } } as const;

/** Writes chunks, each full of its number, and knows how many it was asked for. */
class Source {
  #made = 0;
  async *call(): AsyncGenerator<Uint8Array> {
    this.#made = 0;
    while (this.#made < 500) yield new Uint8Array(64 * 1024).fill(this.#made++);
  }
  made(): number {
    return this.#made;
  }
}

/** What a source has made by the time that asking it again and again changes nothing. */
async function settled(made: () => PromiseLike<number> | number): Promise<number> {
  let last = 0;
  let times = 0;
  await until(async () => {
    const now = await made();
    times = now === last && now > 0 ? times + 1 : 0;
    last = now;
    return times >= 50;
  }, 'a source that is held back');
  return last;
}

/** Reads one chunk, then, once the source rests, all of them. */
async function assertHeldBack(stream: ReadableStream<Uint8Array> | null, source: serve.Handle): Promise<void> {
  assert.ok(stream);
  const made = () => source.options({ methodName: 'made' }).remote() as PromiseLike<number>;
  const reader = stream.getReader();
  const chunks = [(await reader.read()).value ?? new Uint8Array()];
  const held = await settled(made);
  assert.ok(held * CHUNK_BYTES < HELD_BYTES, `${held} chunks were made for a reader of one`);
  for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value);
  assertWhole(Buffer.concat(chunks));
  assert.is(await made(), CHUNKS);
}

function assertWhole(bytes: Uint8Array): void {
  assert.is(bytes.length, CHUNKS * CHUNK_BYTES);
  for (let i = 0; i < CHUNKS; i++) {
    const ends = [bytes[i * CHUNK_BYTES], bytes[(i + 1) * CHUNK_BYTES - 1]];
    assert.equal(ends, [i % 256, i % 256], `chunk ${i}`);
  }
}

test(
  'a slow reader by HTTP holds a process back, and gets every byte',
  withInstance(async (client, url) => {
    const source = await handleOf(client, 'source', Source, PROCESS);
    await assertHeldBack((await fetch(`${url}/source`)).body, source);
  }),
);

test(
  'a slow reader by handle holds a process back, and gets every byte',
  withInstance(async (client) => {
    const source = await handleOf(client, 'source', Source, PROCESS);
    await assertHeldBack((await source.remote()) as ReadableStream<Uint8Array>, source);
  }),
);

for (const [caller, callee] of DIRECTIONS) {
  test(
    `a slow reader of what a ${caller} passes on holds the ${callee} that writes it back`,
    withInstance(async (client, url) => {
      const source = await handleOf(client, 'source', Source, { actorOptions: { isolation: callee } });
      const whole = async () => (await (await serve.connect()).getHandle('source')).remote();
      await handleOf(client, 'whole', whole, { actorOptions: { isolation: caller } });
      await assertHeldBack((await fetch(`${url}/whole`)).body, source);
      const each = async function* () {
        yield* await (await (await serve.connect()).getHandle('source')).remote();
      };
      const byChunk = await handleOf(client, 'each', each, { actorOptions: { isolation: caller } });
      await assertHeldBack((await byChunk.remote()) as ReadableStream<Uint8Array>, source);
    }),
  );
}

/** Reads a body when it is told to. */
class Reader {
  readonly #told = Promise.withResolvers<void>();
  async call(request: serve.ServeRequest): Promise<unknown> {
    const first = request.queryParams.get('first');
    const reader = request.stream().getReader();
    const chunks: Uint8Array[] = [];
    if (first !== null) chunks.push((await reader.read()).value ?? new Uint8Array());
    await this.#told.promise;
    for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value);
    const whole = Buffer.concat(chunks);
    return [whole.length, whole.every((byte, i) => byte === Math.floor(i / 65536) % 256)];
  }
  read(): void {
    this.#told.resolve();
  }
}

for (const first of ['', '?first']) {
  test(
    `a body that a process ${first ? 'reads slowly' : 'does not read yet'} is not taken from its sender`,
    withInstance(async (client, url) => {
      const reader = await handleOf(client, 'reader', Reader, PROCESS);
      let sent = 0;
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (sent < CHUNKS) controller.enqueue(new Uint8Array(CHUNK_BYTES).fill(sent++));
          else controller.close();
        },
      });
      const answer = fetch(`${url}/reader${first}`, { method: 'POST', body, duplex: 'half' } as RequestInit);
      const held = await settled(() => Promise.resolve(reader).then(() => sent));
      assert.ok(held * CHUNK_BYTES < HELD_BYTES, `${held} chunks were sent to a reader of at most one`);
      await reader.options({ methodName: 'read' }).remote();
      assert.equal(await (await answer).json(), [CHUNKS * CHUNK_BYTES, true]);
    }),
  );
}

for (const [caller, callee] of DIRECTIONS) {
  test(
    `a body in motion goes from a ${caller} on to a ${callee}, byte by byte`,
    withInstance(async (client, url) => {
      const reader = await handleOf(client, 'reader', Reader, { actorOptions: { isolation: callee } });
      await reader.options({ methodName: 'read' }).remote();
      const forward = async (request: serve.ServeRequest) =>
        (await (await serve.connect()).getHandle('reader')).remote(request);
      await handleOf(client, 'forward', forward, { actorOptions: { isolation: caller } });
      const body = Buffer.concat(Array.from({ length: CHUNKS }, (_, i) => Buffer.alloc(CHUNK_BYTES, i)));
      const answer = await fetch(`${url}/forward`, { method: 'POST', body });
      assert.equal(await answer.json(), [CHUNKS * CHUNK_BYTES, true]);
    }),
  );
}

test(
  'chunks of a process keep their kinds: text, bytes, objects with handles, and what was one object in each',
  withInstance(async (client) => {
    const leaf = await handleOf(client, 'leaf', (request) => request.data * 2, PROCESS);
    const chunks = await handleOf(
      client,
      'chunks',
      async function* ({ data }) {
        const shared = { n: 1 };
        yield* ['text', '', new Uint8Array([1, 2]), Buffer.from('abc'), new Float64Array([0.5]), 5, null];
        yield { when: new Date(5), map: new Map([[1, new Set(['x'])]]), twice: [shared, shared], leaf: data };
      },
      PROCESS,
    );
    const got: unknown[] = [];
    for await (const chunk of (await chunks.remote(leaf)) as ReadableStream) got.push(chunk);
    const last = got.pop() as { when: Date; map: Map<number, Set<string>>; twice: object[]; leaf: serve.Handle };
    assert.equal(got, [
      'text',
      '',
      new Uint8Array([1, 2]),
      new Uint8Array([97, 98, 99]),
      new Float64Array([0.5]),
      5,
      null,
    ]);
    assert.equal([last.when, last.map], [new Date(5), new Map([[1, new Set(['x'])]])]);
    assert.is(last.twice[0], last.twice[1]);
    assert.is(await last.leaf.remote(4), 8);
  }),
);

/** Tells what became of the body of its last caller. */
class Cut {
  readonly #outcome = Promise.withResolvers<unknown[]>();
  async call(request: serve.ServeRequest): Promise<void> {
    let bytes = 0;
    try {
      for await (const chunk of request.stream()) bytes += chunk.length;
      this.#outcome.resolve(['whole', bytes]);
    } catch (error) {
      this.#outcome.resolve([(error as { code?: string }).code, request.signal.aborted, bytes > 0]);
    }
  }
  outcome(): Promise<unknown[]> {
    return this.#outcome.promise;
  }
}

for (const [caller, callee] of [[null, 'process'] as const, ...DIRECTIONS]) {
  test(
    `a caller that leaves in the middle of its body: the ${callee} that reads it${caller ? ` behind a ${caller}` : ''} is told`,
    withInstance(async (client, url) => {
      const cut = await handleOf(client, 'cut', Cut, { actorOptions: { isolation: callee } });
      if (caller) {
        const pass = async (request: serve.ServeRequest) =>
          (await (await serve.connect()).getHandle('cut')).remote(request);
        await handleOf(client, 'pass', pass, { actorOptions: { isolation: caller } });
      }
      const leaving = new AbortController();
      let sent = 0;
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          if (sent++ < CHUNKS) return controller.enqueue(new Uint8Array(CHUNK_BYTES));
          leaving.abort();
          await new Promise(() => {});
        },
      });
      const init = { method: 'POST', body, duplex: 'half', signal: leaving.signal } as RequestInit;
      const answer = fetch(`${url}/${caller ? 'pass' : 'cut'}`, init);
      assert.is(((await failureOf(answer)) as Error).name, 'AbortError');
      assert.equal(await cut.options({ methodName: 'outcome' }).remote(), ['CANCELLED', true, true]);
    }),
  );
}

/** Yields one chunk, and breaks when it is told to. */
class Breaking {
  readonly #told: (() => void)[] = [];
  async *call(): AsyncGenerator<string> {
    yield 'one';
    await new Promise<void>((resolve) => this.#told.push(resolve));
    throw Object.assign(new RangeError('after one'), { at: 1 });
  }
  break(): number {
    for (const tell of this.#told) tell();
    return this.#told.splice(0).length;
  }
}

for (const isolation of ISOLATIONS) {
  test(
    `a stream of a process that breaks, passed on by a ${isolation}, fails its reader and cuts an HTTP answer off`,
    withInstance(async (client, url) => {
      const breaking = await handleOf(client, 'breaking', Breaking, PROCESS);
      const broken = async () => (await breaking.options({ methodName: 'break' }).remote()) === 1;
      const pass = async () => (await (await serve.connect()).getHandle('breaking')).remote();
      const handle = await handleOf(client, 'pass', pass, { actorOptions: { isolation } });
      const reader = ((await handle.remote()) as ReadableStream<string>).getReader();
      assert.equal(await reader.read(), { value: 'one', done: false });
      await until(broken, 'the stream to break');
      const { cause } = await fails(reader.read(), 'BACKEND_ERROR', "'breaking'", 'after one');
      assert.equal([(cause as Error).name, (cause as { at?: unknown }).at], ['RangeError', 1]);
      const answer = await fetch(`${url}/pass`);
      assert.is(answer.status, 200);
      await until(broken, 'the stream to break');
      assert.instance(await failureOf(answer.text()), TypeError);
    }),
  );
}

test.run();
