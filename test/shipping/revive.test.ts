import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { acceptBatch } from '../../lib/shipping/accept-batch.ts';
import { ship } from '../../lib/shipping/ship.ts';
import type { FunctionNode, ImportedShipment, ValueShipment } from '../../lib/shipping/shipment.ts';
import { firstFrame, fixtureUrl } from './fixtures.ts';
import type { Answer, Task } from './run-task.ts';
import { withHosts } from './shape-table.ts';

const test = suite('revive');
const { hosts } = withHosts(test);
const { unnamed, hidden } = await import(fixtureUrl('library.ts'));

async function inThread(task: Task): Promise<Answer> {
  const [thread] = hosts();
  if (thread === undefined) throw new Error('there is no thread');
  return thread.run(task);
}

async function roundTrip(
  target: unknown,
  args: readonly unknown[],
  more: Omit<Task, 'shipment' | 'args'> = {},
): Promise<Answer> {
  return inThread({ shipment: await ship(target, { initArgs: more.initArgs ?? [] }), args, ...more });
}

const evaluated = (code: string, filename = 'REPL1'): unknown => vm.runInThisContext(code, { filename });

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
  ['(() => 1).bind(null)', [], 1],
  ['Math.max', [1, 3], 3],
];
for (const [code, args, value] of CALLS) {
  test(`the same answer in another thread: ${code}`, async () => {
    const answer = await roundTrip(evaluated(/^[(OM]/.test(code) ? code : `(${code})`), args);
    assert.equal(answer.value, value, answer.error?.stack);
    assert.is(answer.isClass, false);
  });
}

/** [source, method, value] */
const CLASSES: readonly (readonly [string, string, unknown])[] = [
  ['(class { call() { return 1 } })', 'call', 1],
  [
    '(class Model { #a = 2; static #b = 3; #c() { return this.#a * Model.#b } call() { return this.#c() } })',
    'call',
    6,
  ],
  ['(class { static made = new Map([["a", 1]]); call() { return this.constructor.made.get("a") } })', 'call', 1],
  ['(class Model { static a; static { Model.a = 5 } call() { return Model.a } })', 'call', 5],
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
  assert.is((await roundTrip(unnamed.Model, [{ value: 4 }], { initArgs: [3] })).value, 12);
});

test('a name that its source lacks is kept', async () => {
  const named = { predict: (x: number) => x };
  assert.is((await roundTrip(named.predict, [1])).name, 'predict');
  assert.is((await roundTrip(() => 1, [])).name, '');
});

test('marks arrive: all, some, none', async () => {
  const some = class {
    call() {}
    other() {}
  };
  some.prototype.call = acceptBatch(some.prototype.call);
  const all = acceptBatch(
    class {
      call() {}
    },
  );
  const none = class {
    call() {}
  };
  const none2 = () => [];
  const one = acceptBatch(() => []);
  const batched = async (target: unknown) => (await roundTrip(target, [])).batched;
  assert.equal(await batched(some), new Set(['call']));
  assert.equal(
    [await batched(all), await batched(none), await batched(none2), await batched(one)],
    ['all', 'none', 'none', 'all'],
  );
});

test('handles and other objects of the toolkit are put together by the replica', async () => {
  const { Handle } = await import('../../lib/handle.ts');
  const { DEFAULT_HANDLE_OPTIONS } = await import('../../lib/domain/handle-options.ts');
  const handle = new Handle('echo', DEFAULT_HANDLE_OPTIONS, null as never, true);
  const both = { first: handle, second: handle };
  const { value } = await roundTrip(() => [both.first === both.second, both.first], []);
  const [isOne, revived] = value as [boolean, { revived: string; state: { endpoint: string; sync: boolean } }];
  assert.ok(isOne);
  assert.is(revived.revived, 'handle');
  assert.is(revived.state.endpoint, 'echo');
  assert.is(revived.state.sync, true);
});

test('memory that threads share stays shared', async () => {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const same = new Uint8Array(shared.buffer);
  const answer = await roundTrip(() => [Atomics.add(shared, 0, 5), same[0], same.buffer === shared.buffer], []);
  assert.equal(answer.value, [0, 5, true], answer.error?.stack);
  assert.is(shared[0], 5);
});

test('what was shipped can be shipped again from where it arrived', async () => {
  let count = 1;
  const table = { a: [1] };
  const increase = () => ++count;
  const target = () => [increase(), count, table.a];
  const { revive } = await import('../../lib/shipping/revive.ts');
  const provided = { serve: {}, part: () => null };
  const once = await revive(structuredClone(await ship(target, { initArgs: [] })), provided);
  const answer = await roundTrip(once.target, []);
  assert.equal(answer.value, [2, 2, [1]], answer.error?.stack);
});

/** The place of what it throws or returns, in every host the same as here. */
async function sameFrame(
  target: () => unknown,
  task: Omit<Task, 'shipment' | 'args'> = {},
  shipped: unknown = target,
): Promise<string> {
  const shipment = await ship(shipped, { initArgs: task.initArgs ?? [] });
  assert.is(shipment.kind, 'value');
  let here: unknown;
  try {
    here = await target();
  } catch (error) {
    here = error;
  }
  for (const host of hosts()) {
    const there = await host.run({ shipment, args: [], ...task });
    const frame = firstFrame({ stack: there.stack ?? there.error?.stack });
    assert.is(frame, firstFrame(here), host.name);
    assert.match(frame, /:\d+:\d+$/);
  }
  return firstFrame(here);
}

test('stacks name the file, line and column of the user', async () => {
  const url = fixtureUrl('library.ts');
  assert.ok((await sameFrame(unnamed.multiline)).startsWith(url));
  assert.ok((await sameFrame(unnamed.late)).startsWith(url));
  assert.ok((await sameFrame(unnamed.keyed.call)).startsWith(url));
  const getter = Object.getOwnPropertyDescriptor(unnamed.keyed, 'answer')?.get;
  assert.ok(getter !== undefined && (await sameFrame(getter)).startsWith(url));
  await sameFrame(() => new unnamed.Model(1).fail(), { method: 'fail', initArgs: [1] }, unnamed.Model);
  await sameFrame(() => new unnamed.Oneline().fail(), { method: 'fail' }, unnamed.Oneline);
});

test('stacks of captured functions do, too, also of those that share a variable', async () => {
  const url = fixtureUrl('library.ts');
  assert.ok((await sameFrame(hidden.fail)).startsWith(url));
  assert.ok((await sameFrame(unnamed.shared)).startsWith(url));
});

test('stacks of a prompt name the input, line and column', async () => {
  await sameFrame(evaluated('  (\n  () => { throw new Error("typed") })') as () => unknown);
  evaluated('let failed = 0; function failNow() { failed += 1; throw new Error("a") }', 'REPL21');
  evaluated('function failAtStart() { failed += 1; throw new Error("b") }', 'REPL22');
  evaluated('const failArrow = async () => { failed += 1; throw new Error("c") }', 'REPL23');
  evaluated('x => { failed += 1; throw new Error("d") }', 'REPL24');
  evaluated('const object = {\n  fail() {\n    failed += 1; throw new Error("e") } }', 'REPL25');
  evaluated('class FailClass { fail() { failed += 1; throw new Error("f") } }', 'REPL26');
  const startArrow = evaluated('x => { failed += 1; throw new Error("d") }', 'REPL24');
  Object.assign(globalThis, { startArrow });
  for (const [call, frame] of [
    ['failNow()', 'REPL21:1:57'],
    ['failAtStart()', 'REPL22:1:45'],
    ['failArrow()', 'REPL23:1:52'],
    ['startArrow()', 'REPL24:1:27'],
    ['object.fail()', 'REPL25:3:24'],
    ['new FailClass().fail()', 'REPL26:1:47'],
  ] as const) {
    assert.is(
      await sameFrame(evaluated(`async () => [failed, await ${call}]`, 'REPL30') as () => unknown),
      frame,
      call,
    );
  }
  Reflect.deleteProperty(globalThis, 'startArrow');
});

test('stacks of CommonJS', async () => {
  const path = fileURLToPath(fixtureUrl('common.cjs'));
  const { fail } = createRequire(import.meta.url)(path);
  const { batched, ...shipment } = (await ship(fail, { initArgs: [] })) as ImportedShipment;
  assert.equal([batched, shipment.kind, shipment.exportName], [undefined, 'imported', 'fail']);
  const wrapped = () => fail();
  const { error } = await roundTrip(wrapped, []);
  assert.ok(firstFrame({ stack: error?.stack }).startsWith(path));
  const library = createRequire(import.meta.url)(fileURLToPath(fixtureUrl('library.cjs')));
  assert.ok((await sameFrame(library.hidden.fail)).startsWith(fileURLToPath(fixtureUrl('library.cjs'))));
});

test('a class that fails on its first line while being defined shows that very place', async () => {
  const code = 'globalThis.mayFail?.(); (class Early { static made = [1].length;\n  constructor() { } })';
  const shipment = (await ship(evaluated(code), { initArgs: [] })) as ValueShipment;
  const [node] = shipment.nodes as readonly [FunctionNode];
  assert.equal(node.origin, { file: 'REPL1', line: 1, column: code.indexOf('class') + 1 });
  const broken = { ...node, source: 'class Early { static made = missing.length }' };
  const { error } = await inThread({ shipment: { ...shipment, nodes: [broken] }, args: [] });
  assert.is(error?.code, 'BACKEND_START_FAILED');
  assert.match(error?.cause ?? '', /missing is not defined/);
});

test('a static field has the value that it has here', async () => {
  const { value } = await roundTrip(unnamed.Oneline, [], { method: 'made' });
  assert.is(value, unnamed.Oneline.made);
  assert.match(firstFrame({ stack: value }), /library\.ts:\d+:\d\d+$/);
});

test('import inside is relative to the file of the user, for packages, too', async () => {
  assert.is((await roundTrip(unnamed.greet, ['Ada'])).value, 'hello, Ada');
  assert.is((await roundTrip(unnamed.usesPackage, ['ab', 'ac'])).value, 1);
  const helper = { greet: unnamed.greet };
  assert.is((await roundTrip(() => helper.greet('Bob'), [])).value, 'hello, Bob');
});

test('import inside code of a prompt is relative to the working directory', async () => {
  const relative = fileURLToPath(fixtureUrl('dependency.ts'));
  const specifier = `./${relative.split('/').pop()}`;
  const before = process.cwd();
  process.chdir(fileURLToPath(fixtureUrl('.')));
  try {
    const code = `(async () => (await import('${specifier}')).greeting)`;
    const answer = await roundTrip(evaluated(code), []);
    assert.is(answer.value, 'hello', answer.error?.stack);
    evaluated('let imports = 0');
    evaluated(`var load = async () => { imports += 1; return (await import('${specifier}')).greeting }`);
    const shared = await roundTrip(evaluated('async () => [await load(), imports]'), []);
    assert.equal(shared.value, ['hello', 1], shared.error?.stack);
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

test.run();
