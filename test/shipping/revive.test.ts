import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { acceptBatch } from '../../lib/shipping/accept-batch.ts';
import { ship } from '../../lib/shipping/ship.ts';
import type { ImportedShipment } from '../../lib/shipping/shipment.ts';
import { firstFrame, fixtureUrl } from './fixtures.ts';
import type { Answer, Task } from './revive-thread.ts';

const test = suite('revive');
const models = await import(fixtureUrl('models.ts'));
let worker: Worker;
let stderr = '';

test.before(() => {
  worker = new Worker(new URL('./revive-thread.js', import.meta.url), { stderr: true });
  worker.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
});

test.after(async () => {
  await worker.terminate();
});

function inThread(task: Task): Promise<Answer> {
  return new Promise((resolve) => {
    worker.once('message', resolve);
    worker.postMessage(task);
  });
}

async function roundTrip(
  target: unknown,
  args: readonly unknown[],
  more: Omit<Task, 'shipment' | 'args'> = {},
): Promise<Answer> {
  return inThread({ shipment: ship(target, { initArgs: more.initArgs ?? [] }), args, ...more });
}

const evaluated = (code: string): unknown => vm.runInThisContext(code, { filename: 'REPL1' });

/** [source, arguments, value] */
const CALLS: readonly (readonly [string, readonly unknown[], unknown])[] = [
  ['(a, b = 2) => a + b', [1], 3],
  ['a => a', [1], 1],
  ['async (a) => a', [1], 1],
  ['(function () { return this === undefined })', [], false],
  ['(function () { "use strict"; return this === undefined })', [], true],
  ['(function fact(n) { return n ? n * fact(n - 1) : 1 })', [4], 24],
  ['(function* (n) { while (n) yield n-- })', [3], [3, 2, 1]],
  ['(async function* (n) { while (n) yield n-- })', [3], [3, 2, 1]],
  ['({ call(a) { return a } }).call', [1], 1],
  ['({ async call(a) { return a } }).call', [1], 1],
  ['({ *["ca" + "ll"](a) { yield a } })["call"]', [1], [1]],
  ['({ async *call(a) { yield a } }).call', [1], [1]],
  ['Object.getOwnPropertyDescriptor({ get call() { return 7 } }, "call").get', [], 7],
  ['() => serve.tag', [], 'the toolkit'],
  ['() => typeof undeclared', [], 'undefined'],
  ['({ f: (x) => x /* ) */ }).f', [1], 1],
];
for (const [code, args, value] of CALLS) {
  test(`the same answer in another thread: ${code}`, async () => {
    const answer = await roundTrip(evaluated(code.startsWith('(') || code.startsWith('O') ? code : `(${code})`), args);
    assert.equal(answer.value, value, answer.error?.stack);
    assert.is(answer.isClass, false);
  });
}

/** [source, method, value] */
const CLASSES: readonly (readonly [string, string, unknown])[] = [
  ['(class { #x = 1; #y() { return this.#x } call() { return this.#y() } })', 'call', 1],
  ['(class M { static #n = 0; static { M.#n = 5 } call() { return M.#n } })', 'call', 5],
  ['(class extends Map { constructor() { super([[1, 2]]) } call() { return super.get(1) + this.size } })', 'call', 3],
  ['(class extends Map { get call() { return () => this.size } })', 'call', 0],
  ['(class M { clone() { return new M() instanceof M } })', 'clone', true],
  ['(class { static helper(x) { return x } call() { return this.constructor.helper(4) } })', 'call', 4],
  ['(class extends Error { call() { return this instanceof Error } })', 'call', true],
  ['(class { ["a" + "dd"] = (x = 1) => x + 1 })', 'add', 2],
  [
    '(class { constructor() { this.make = () => new.target.name } call() { return typeof this.make() } })',
    'call',
    'string',
  ],
];
for (const [code, method, value] of CLASSES) {
  test(`the same class in another thread: ${code}`, async () => {
    const answer = await roundTrip(evaluated(code), [], { method });
    assert.equal(answer.value, value, answer.error?.stack);
    assert.is(answer.isClass, true);
  });
}

test('a class of a TypeScript file keeps its private state and constructor arguments', async () => {
  assert.is((await roundTrip(models.Model, [{ value: 4 }], { initArgs: [3] })).value, 12);
});

test('a name that its source lacks is kept', async () => {
  const named = { predict: (x: number) => x };
  assert.is((await roundTrip(named.predict, [1])).name, 'predict');
});

test('marks arrive: all, some, none', async () => {
  const some = class {
    call() {}
    other() {}
  };
  some.prototype.call = acceptBatch(some.prototype.call);
  assert.equal((await roundTrip(some, [])).batched, new Set(['call']));
  assert.is(
    (
      await roundTrip(
        acceptBatch(
          class {
            call() {}
          },
        ),
        [],
      )
    ).batched,
    'all',
  );
  assert.is(
    (
      await roundTrip(
        acceptBatch(() => []),
        [],
      )
    ).batched,
    'all',
  );
  assert.is((await roundTrip(() => [], [])).batched, 'none');
  assert.is(
    (
      await roundTrip(
        class {
          call() {}
        },
        [],
      )
    ).batched,
    'none',
  );
});

async function sameFrame(
  target: () => unknown,
  task: Omit<Task, 'shipment' | 'args'> = {},
  shipped: unknown = target,
): Promise<string> {
  let here: unknown;
  try {
    here = await target();
  } catch (error) {
    here = error;
  }
  const there = await roundTrip(shipped, [], task);
  const frame = firstFrame({ stack: there.stack ?? there.error?.stack });
  assert.is(frame, firstFrame(here));
  assert.match(frame, /:\d+:\d+$/);
  return frame;
}

test('stacks name the file, line and column of the user', async () => {
  const url = fixtureUrl('models.ts');
  assert.ok((await sameFrame(models.multiline)).startsWith(url));
  assert.ok((await sameFrame(models.late)).startsWith(url));
  assert.ok((await sameFrame(models.keyed.call)).startsWith(url));
  const getter = Object.getOwnPropertyDescriptor(models.keyed, 'answer')?.get;
  assert.ok(getter !== undefined && (await sameFrame(getter)).startsWith(url));
  await sameFrame(() => new models.Model(1).fail(), { method: 'fail', initArgs: [1] }, models.Model);
});

test('a class that fails on its first line while being defined shows that very place', async () => {
  const code =
    'globalThis.mayFail?.(); (class Early { static made = process.env.SERVELAB_TEST_FAIL.length;\n  constructor() { } })';
  process.env.SERVELAB_TEST_FAIL = 'x';
  const early = evaluated(code);
  const shipment = ship(early, { initArgs: [] });
  assert.equal(shipment.kind === 'source' && shipment.origin, {
    file: 'REPL1',
    line: 1,
    column: code.indexOf('class') + 1,
  });
  delete process.env.SERVELAB_TEST_FAIL;
  const { error } = await inThread({
    shipment: { ...shipment, source: 'class Early { static made = missing.length }' } as never,
    args: [],
  });
  assert.is(error?.code, 'BACKEND_START_FAILED');
  assert.match(error?.cause ?? '', /missing is not defined/);
});

test('a static field on the first line of a class keeps its place', async () => {
  const { value } = await roundTrip(models.Oneline, [], { method: 'made' });
  assert.is(firstFrame({ stack: value }), firstFrame({ stack: models.Oneline.made }));
  assert.match(firstFrame({ stack: value }), /:\d+:\d\d+$/);
});

test('stacks of CommonJS and of a prompt', async () => {
  const path = fileURLToPath(fixtureUrl('common.cjs'));
  assert.ok((await sameFrame(createRequire(import.meta.url)(path).fail)).startsWith(path));
  await sameFrame(evaluated('  (\n  () => { throw new Error("typed") })') as () => unknown);
});

test('import inside is relative to the file of the user, for packages, too', async () => {
  assert.is((await roundTrip(models.greet, ['Ada'])).value, 'hello, Ada');
  assert.is((await roundTrip(models.usesPackage, ['ab', 'ac'])).value, 1);
});

test('import inside code of a prompt is relative to the working directory', async () => {
  const relative = fileURLToPath(fixtureUrl('dependency.ts'));
  const specifier = `./${relative.split('/').pop()}`;
  const before = process.cwd();
  process.chdir(fileURLToPath(fixtureUrl('.')));
  try {
    const answer = await roundTrip(evaluated(`(async () => (await import('${specifier}')).greeting)`), []);
    assert.is(answer.value, 'hello', answer.error?.stack);
  } finally {
    process.chdir(before);
  }
});

const importing = (module: string, exportName: string, from = fixtureUrl('caller.ts')): ImportedShipment => ({
  kind: 'imported',
  module,
  exportName,
  from,
});

/** [module, export, arguments, value] */
const IMPORTS: readonly (readonly [string, string, readonly unknown[], unknown])[] = [
  ['./models.ts', 'default', [{ value: 2 }], 4],
  [fixtureUrl('models.ts'), 'default', [{ value: 2 }], 4],
  [fileURLToPath(fixtureUrl('models.ts')), 'default', [{ value: 2 }], 4],
  ['fastest-levenshtein', 'distance', ['a', 'b'], 1],
  ['node:path', 'basename', ['/a/b'], 'b'],
  ['./common.cjs', 'surprise', [1], 2],
];
for (const [module, exportName, args, value] of IMPORTS) {
  test(`imports ${exportName} of ${module}`, async () => {
    const answer = await inThread({ shipment: importing(module, exportName), args });
    if (exportName === 'surprise' && answer.error !== undefined && process.version < 'v23') return;
    assert.is(answer.value, value, answer.error?.stack);
  });
}

test('imports a class, from a directory, too', async () => {
  const shipment = importing('./models.ts', 'Model', fixtureUrl('.'));
  const answer = await inThread({ shipment, initArgs: [5], args: [{ value: 2 }] });
  assert.is(answer.value, 10);
  assert.is(answer.isClass, true);
});

/** [module, export, what the message says, what the cause says] */
const FAILURES: readonly (readonly [string, string, RegExp, RegExp | null])[] = [
  ['./no-such.ts', 'default', /cannot import '\.\/no-such\.ts' from/, /ERR_MODULE_NOT_FOUND|Cannot find module/],
  ['no-such-package', 'default', /cannot import 'no-such-package'/, /Cannot find package/],
  ['./broken.ts', 'default', /broken while loading/, /RangeError: broken while loading/],
  ['./models.ts', 'Modle', /no export 'Modle'; the nearest is 'Model'/, null],
  ['./broken-name.cjs', 'x', /cannot import/, /Cannot find module/],
  ['./models.ts', 'version', /must be a function or a class, got number/, null],
];
for (const [module, exportName, message, cause] of FAILURES) {
  test(`start fails for ${exportName} of ${module}`, async () => {
    const { error } = await inThread({ shipment: importing(module, exportName), args: [] });
    assert.is(error?.code, 'BACKEND_START_FAILED');
    assert.match(error?.message ?? '', message);
    if (cause !== null) assert.match(error?.cause ?? '', cause);
  });
}

test('a replica says nothing of its own on stderr', () => assert.is(stderr, ''));

test.run();
