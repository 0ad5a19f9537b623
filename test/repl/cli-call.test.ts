import { join } from 'node:path';
import type * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { until, withInstance } from '../support/instance.ts';
import { requireOrSkip } from '../support/require.ts';
import { cli, command, inFolder, Running, runCommand, shown } from './command-fixture.ts';
import { Screen, tmux } from './screen.ts';

const test = suite('calling an endpoint');

class Model {
  aborted = 0;
  readonly read = Promise.withResolvers<void>();
  call(request: serve.ServeRequest) {
    return request.data ?? null;
  }
  query(_: unknown, request: serve.ServeRequest) {
    return [...request.queryParams];
  }
  text() {
    return 'plain \u001b[1mtext';
  }
  bytes() {
    return new Uint8Array([0, 255, 10]);
  }
  response() {
    return new Response('a body\n', { status: 418 });
  }
  nothing() {}
  typed() {
    return {
      list: new Float32Array([1, 0.5]),
      view: new DataView(new ArrayBuffer(2)),
      when: new Date(0),
      none: undefined,
    };
  }
  hidden() {
    return { mark: '\u202e\u0085\u{e0001}' };
  }
  async *stream(n: number) {
    for (let i = 1; i <= n; i++) yield i % 3 === 0 ? { i } : i % 3 === 1 ? `line ${i}\n` : new Uint8Array([50, 10]);
  }
  async *endless(_: unknown, request: serve.ServeRequest) {
    request.signal.addEventListener('abort', () => this.aborted++);
    for (let i = 0; !request.signal.aborted; i++) {
      yield `${i}\n`;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  /** Once somebody has said that the first line has come: what has not been read when a stream breaks is lost. */
  async *breaks() {
    yield 'begun\n';
    await this.read.promise;
    throw new RangeError('broke off');
  }
  hasRead() {
    this.read.resolve();
  }
  map() {
    return { a: new Map() };
  }
  big() {
    return [1n];
  }
  cycle() {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    return cycle;
  }
  fail() {
    throw Object.assign(new RangeError('too far\n\u001b[31mservelab: forged'), { limit: 3 });
  }
  async wait(_: unknown, request: serve.ServeRequest) {
    await new Promise((resolve) => request.signal.addEventListener('abort', resolve));
    this.aborted++;
  }
  numAborted() {
    return this.aborted;
  }
}

let name = '';

/** A test with an instance that has one endpoint, `m`. */
const withModel = (run: (client: serve.Client) => Promise<void>): (() => Promise<void>) =>
  withInstance(async (client) => {
    name = (await client.status()).instance.name;
    await client.createBackend('model', Model);
    await client.createEndpoint('m', { backend: 'model' });
    await run(client);
  });

const call = (...args: readonly string[]): Promise<string> => shown('call', 'm', '--name', name, ...args);
const method = (methodName: string, ...args: readonly string[]): Promise<string> =>
  call('--method-name', methodName, ...args);

test(
  'data is JSON, from the command line, from stdin, or from a file',
  withModel(
    inFolder({ 'data.json': '{ "from": ["a file"] }', 'bad.json': '{' }, async (folder) => {
      assert.is(await call('{"a": [1, null, "x"]}'), '{"a":[1,null,"x"]}\n');
      assert.is(await call('"text"'), 'text');
      assert.is(await call(), 'null\n');
      assert.is(await call(`@${join(folder, 'data.json')}`), '{"from":["a file"]}\n');
      const piped = await runCommand('[1, 2]', { args: ['call', 'm', '-', '--name', name] });
      assert.equal(piped, { code: 0, stdout: '[1,2]\n', stderr: '' });
      const failing = [
        [
          await runCommand('[1, 2', { args: ['call', 'm', '-', '--name', name] }),
          /INVALID_ARGUMENT: stdin is not JSON/,
        ],
        [
          await cli('call', 'm', `@${join(folder, 'bad.json')}`, '--name', name),
          /INVALID_ARGUMENT: .*bad\.json is not JSON/,
        ],
        [await cli('call', 'm', '@nowhere.json', '--name', name), /ENOENT: no such file or directory.*'nowhere\.json'/],
      ] as const;
      for (const [{ code, stderr, stdout }, said] of failing) {
        assert.match(stderr, said);
        assert.equal([code, stdout], [1, '']);
      }
    }),
  ),
);

test(
  'text and bytes come as they are, nothing as nothing, everything else as JSON',
  withModel(async () => {
    assert.is(await method('text'), 'plain \u001b[1mtext');
    assert.is(await method('nothing'), '');
    assert.is(await method('response'), 'a body\n');
    assert.is(await method('typed'), '{"list":[1,0.5],"view":[0,0],"when":"1970-01-01T00:00:00.000Z"}\n');
    assert.is(await method('query', '--query', 'a=1', '-q', 'b=x=y'), '[["a","1"],["b","x=y"]]\n');
    const running = new Running({ args: ['call', 'm', '--method-name', 'bytes', '--name', name] });
    const bytes: Buffer[] = [];
    running.child.stdout.setEncoding('latin1').on('data', (chunk: string) => bytes.push(Buffer.from(chunk, 'latin1')));
    await running.ended;
    assert.equal([...Buffer.concat(bytes)], [0, 255, 10]);
  }),
);

test(
  'a stream comes chunk by chunk',
  withModel(async () => {
    assert.is(await method('stream', '4'), 'line 1\n2\n{"i":3}\nline 4\n');
    assert.is(await method('stream', '4', '--json'), '"line 1\\n"\n"Mgo="\n{"i":3}\n"line 4\\n"\n');
    const running = new Running({ args: ['call', 'm', '--method-name', 'endless', '--name', name] });
    await running.printed('\n3\n');
    running.child.kill('SIGINT');
    await running.ended;
  }),
);

test(
  '--json quotes texts and gives bytes in base64; what a terminal might obey is escaped',
  withModel(async () => {
    assert.is(await method('text', '--json'), '"plain \\u001b[1mtext"\n');
    assert.is(await method('bytes', '--json'), '"AP8K"\n');
    const hidden = await method('hidden');
    assert.is(hidden, '{"mark":"\\u202e\\u0085\\udb40\\udc01"}\n');
    assert.equal(JSON.parse(hidden), { mark: '\u202e\u0085\u{e0001}' });
  }),
);

test(
  'what has no JSON form is refused rather than garbled',
  withModel(async () => {
    for (const [methodName, found] of [
      ['map', 'a Map'],
      ['big', 'a BigInt'],
      ['cycle', 'an object inside itself'],
    ] as const) {
      const { code, stdout, stderr } = await cli('call', 'm', '--method-name', methodName, '--name', name);
      assert.match(stderr, new RegExp(`^servelab: NOT_SERIALIZABLE: .*it holds ${found}`));
      assert.equal([code, stdout], [1, '']);
    }
  }),
);

test(
  'a failure is its code, its message and what was thrown, and nothing of it can forge a line',
  withModel(async (client) => {
    const failed = await cli('call', 'm', '--method-name', 'fail', '--name', name);
    assert.match(
      failed.stderr,
      /^servelab: BACKEND_ERROR: backend 'model' failed: RangeError: too far\n {2}\\u\{1b\}\[31mservelab: forged\n {2}RangeError: too far\n {2}\\u\{1b\}.*forged \{\n {4}limit: 3\n {2}\}\n$/,
    );
    assert.equal([failed.code, failed.stdout], [1, '']);
    const breaking = new Running({ args: ['call', 'm', '--method-name', 'breaks', '--name', name] });
    await breaking.printed('begun\n');
    await (await client.getHandle('m')).options({ methodName: 'hasRead' }).remote();
    const broken = await breaking.ended;
    assert.equal([broken.code, broken.stdout], [1, 'begun\n']);
    assert.match(broken.stderr, /broke off/);
  }),
);

test(
  'what is not there is said with what is near',
  withModel(async () => {
    const wrong = await cli('call', 'mm', '--name', name);
    assert.match(wrong.stderr, /^servelab: ENDPOINT_NOT_FOUND: there is no endpoint 'mm'; did you mean 'm'\?\n$/);
    const noMethod = await cli('call', 'm', '--method-name', 'tex', '--name', name);
    assert.match(noMethod.stderr, /^servelab: METHOD_NOT_FOUND: backend 'model' has no method 'tex'/);
    const late = await cli('call', 'm', '--method-name', 'wait', '--timeout-ms', '30', '--name', name);
    assert.match(late.stderr, /^servelab: TIMEOUT: no answer within 30 ms/);
    assert.equal([wrong.code, noMethod.code, late.code], [1, 1, 1]);
  }),
);

test(
  'the same shard key meets the same backend',
  withModel(async (client) => {
    await client.createBackend('other', () => 'other');
    await client.createBackend('another', () => 'another');
    await client.setTraffic('m', { other: 0.5, another: 0.5 });
    const handle = await client.getHandle('m');
    for (const shardKey of ['a', 'b', 'c']) {
      assert.is(await call('--shard-key', shardKey), await handle.options({ shardKey }).remote());
    }
  }),
);

test(
  'Ctrl-C cancels the query: the backend is told, and nothing is said',
  withModel(async (client) => {
    const aborted = (await client.getHandle('m')).options({ methodName: 'numAborted' });
    const waiting = new Running({ args: ['call', 'm', '--method-name', 'wait', '--name', name] });
    await until(async () => (await client.status()).replicas[0]?.ongoing === 1, 'the query has begun');
    assert.equal(await waiting.kill('SIGINT'), { code: 130, stdout: '', stderr: '' });
    await until(async () => (await aborted.remote()) === 1, 'the backend was told');
    const streaming = new Running({ args: ['call', 'm', '--method-name', 'endless', '--name', name] });
    await streaming.printed('1\n');
    const { code, stderr } = await streaming.kill('SIGINT');
    assert.equal([code, stderr], [130, '']);
    await until(async () => (await aborted.remote()) === 2, 'the backend was told');
  }),
);

test(
  'a reader that has seen enough ends it quietly, and the backend is told',
  withModel(async (client) => {
    const running = new Running({ args: ['call', 'm', '--method-name', 'endless', '--name', name] });
    await running.printed('1\n');
    running.child.stdout.destroy();
    const { code, stderr } = await running.ended;
    assert.equal([code, stderr], [0, '']);
    const aborted = (await client.getHandle('m')).options({ methodName: 'numAborted' });
    await until(async () => (await aborted.remote()) === 1, 'the backend was told');
  }),
);

requireOrSkip(
  test,
  'at a terminal a text ends its line, and what takes longer than a second says so until it is there',
  tmux,
  withModel(async (client) => {
    await client.createBackend('slow', () => new Promise((resolve) => setTimeout(resolve, 2500, 'at last')));
    await client.createEndpoint('slow', { backend: 'slow' });
    const screen = await Screen.open([process.execPath, command, 'call', 'slow', '--name', name]);
    try {
      await screen.waitFor(/^waiting for 'slow' … [12] s/m);
      const text = await screen.waitFor(/exit code 0/);
      assert.match(text, /^at last\nexit code 0\n/);
    } finally {
      await screen.close();
    }
  }),
);

test.run();
