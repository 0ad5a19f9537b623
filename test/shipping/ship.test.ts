import { Session } from 'node:inspector';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { acceptBatch } from '../../lib/shipping/accept-batch.ts';
import { callingScripts } from '../../lib/shipping/scripts.ts';
import { constructorArguments, ship } from '../../lib/shipping/ship.ts';
import type { FunctionNode, ValueShipment } from '../../lib/shipping/shipment.ts';
import { imported } from '../../lib/shipping/target.ts';
import { fails, fixtureUrl, throwsCode } from './fixtures.ts';

const test = suite('ship');
const origins = suite('origins');
const none = { initArgs: [] };

/** The target's own node. */
async function shipped(target: unknown): Promise<FunctionNode> {
  const { nodes, root } = (await ship(target, none)) as ValueShipment;
  const node = nodes[root];
  if (node?.type !== 'function') throw new Error(`it is a ${node?.type}`);
  return node;
}

test('a function travels as plain data', async () => {
  const shipment = (await ship(function double(x: number) {
    return x * 2;
  }, none)) as ValueShipment;
  assert.equal(structuredClone(shipment), shipment);
  assert.is(shipment.kind, 'value');
  assert.is(shipment.name, 'double');
  assert.is(shipment.nodes.length, 1);
  assert.is((shipment.nodes[0] as FunctionNode).form, 'function');
});

test('an import travels as its name', async () => {
  const target = imported('./x.ts', 'Model', [1]);
  const wanted = { kind: 'imported', module: './x.ts', exportName: 'Model', from: import.meta.url };
  assert.equal(await ship(target, none), wanted);
  assert.equal(constructorArguments(target, []), [1]);
  assert.equal(constructorArguments(imported('./x.ts'), [2]), [2]);
});

test('a captured value is a copy of what it is now', async () => {
  const list = [1];
  const bytes = new Uint8Array([1]);
  const { nodes } = (await ship(() => [list, bytes], none)) as ValueShipment;
  list.push(2);
  bytes[0] = 9;
  assert.equal(nodes.find(({ type }) => type === 'array')?.type === 'array' && nodes[1], {
    type: 'array',
    length: 1,
    items: [1],
  });
  const buffer = nodes.find(({ type }) => type === 'buffer');
  assert.equal(new Uint8Array((buffer as { bytes: ArrayBuffer }).bytes), new Uint8Array([1]));
});

test('what is not used does not travel', async () => {
  const used = 1;
  const unused = Promise.resolve('elsewhere');
  const { captures } = await shipped(() => used);
  assert.equal(captures, [['used', 1]]);
  await unused;
});

test('sloppy-mode code stays sloppy', async () => {
  const strict = async (target: unknown) => (await shipped(target)).isStrict;
  assert.is(await strict(vm.runInThisContext('(function () { return this })')), false);
  assert.is(await strict(vm.runInThisContext('(() => { var let = 1; return let })')), false);
  assert.is(await strict(vm.runInThisContext('(() => 1)')), false);
  assert.is(await strict(vm.runInThisContext('(class { })')), true);
  assert.is(await strict(vm.runInThisContext('(function () { "use strict" })')), true);
  assert.is(await strict(() => 1), true);
  const load = createRequire(import.meta.url);
  assert.is(await strict(load(fileURLToPath(fixtureUrl('library.cjs'))).hidden.where), false);
});

test('the toolkit is provided under its name, unless that is the user’s own', async () => {
  const bare = (await ship(vm.runInThisContext('(() => serve.connect())'), none)) as ValueShipment;
  assert.equal(bare.nodes[1], { type: 'serve' });
  const own = (await ship(
    vm.runInThisContext('(() => { const serve = 1; return () => serve })()'),
    none,
  )) as ValueShipment;
  assert.equal((own.nodes[0] as FunctionNode).captures, [['serve', 1]]);
});

test('the toolkit, however it was imported, is the replica’s', async () => {
  const toolkit = await import('servelab');
  const { start, ServeError } = toolkit;
  const { nodes } = (await ship(() => [toolkit, start, ServeError], none)) as ValueShipment;
  const found = nodes.slice(1).map((node) => (node.type === 'import' ? node.exportName : node.type));
  assert.equal(found, ['serve', 'start', 'ServeError']);
});

test('a message says what cannot travel', async () => {
  const error = await fails(
    ship(() => pending, none),
    'NOT_SHIPPABLE',
    /pending \(Promise\)/,
  );
  assert.match(error.message, /^cannot ship function '\(anonymous\)'/);
});
const pending = Promise.resolve();

for (const [value, found] of [
  [
    new (class Model {
      call() {}
    })(),
    /an instance of Model; give the class and its initArgs/,
  ],
  [new Map(), /an instance of Map/],
  [{ call() {} }, /an object; give the class/],
  [[], /an array/],
  [null, /got null/],
  [undefined, /got undefined/],
  ['./model.ts', /got string "\.\/model\.ts"/],
  [3, /got number "3"/],
  [Promise.resolve(() => 1), /an instance of Promise; await it first/],
] as const) {
  test(`a target cannot be ${found.source}`, async () => {
    await fails(ship(value, none), 'INVALID_ARGUMENT', found);
  });
}

test('constructor arguments need a class, and one place', async () => {
  throwsCode(() => constructorArguments(() => 1, [1]), 'INVALID_ARGUMENT', /initArgs need a class/);
  await fails(
    ship(() => 1, { initArgs: [1] }),
    'INVALID_ARGUMENT',
    /initArgs need a class/,
  );
  await fails(ship(imported('x', 'y', [1]), { initArgs: [1] }), 'INVALID_ARGUMENT', /give them in one/);
  const model = class {
    call() {}
  };
  assert.is((await ship(model, { initArgs: [1] })).kind, 'value');
});

test('marks put on from outside travel', async () => {
  const marked = acceptBatch(() => []);
  const { properties } = await shipped(marked);
  assert.is(properties?.length, 1);
  const plain = class {
    call() {}
  };
  assert.is((await shipped(plain)).properties, undefined);
});

/** Each form in a script of its own; `^` stands where the source starts. */
const FORMS: readonly (readonly [code: string, form: string])[] = [
  ['(^(a) => a)', 'function'],
  ['x = ^a => a', 'function'],
  ['x = ^async (a) => a', 'function'],
  ['x = ^async  /* ( */ a => a', 'function'],
  ['(^(\n  a,\n  b,\n) => a)', 'function'],
  ['(^function (a) { })', 'function'],
  ['(^function  /* ( */ named (a) { })', 'function'],
  ['(^function\n  named\n(a) { })', 'function'],
  ['   (^async function (a) { })', 'function'],
  ['(^function* (a) { })', 'function'],
  ['(^async function* named(a) { })', 'function'],
  ['(^class { })', 'class'],
  ['  (^class A { constructor() { } })', 'class'],
  ['(  ^class A { x = 1;\n  m() { }\n  constructor() { } })', 'class'],
  ['(^class A extends Map { })', 'class'],
  ['(^class A {\n  "constructor"() { } })', 'class'],
  ['(^class { m(constructor) { } static { } #p = 1 })', 'class'],
];
FORMS.forEach(([code, form], index) => {
  for (const lineOffset of [0, 7]) {
    origins(`${code} ${lineOffset}`, async () => {
      const at = code.indexOf('^');
      const lines = code.slice(0, at).split('\n');
      const filename = `REPL${index}`;
      const target = vm.runInThisContext(`var x; ${code.replace('^', '')}`, { filename, lineOffset, columnOffset: 5 });
      const node = await shipped(target);
      assert.is(node.form, form);
      assert.equal(node.origin, {
        file: filename,
        line: lines.length + lineOffset,
        column: at + 1 + 5 + 'var x; '.length,
      });
    });
  }
});

const METHODS: readonly (readonly [code: string, source: string])[] = [
  ['({ call^(a) { return a } }).call', '_(a) { return a }'],
  ['({ async call^(a) { } }).call', 'async _(a) { }'],
  ['({ *call^(a) { } }).call', '*_(a) { }'],
  ['({ async *call^(a) { } }).call', 'async *_(a) { }'],
  ['({ ["ca" + ("ll")] ^(a) { } }).call', '_(a) { }'],
  ['({ [(() => "call")()]^(a) { } }).call', '_(a) { }'],
  ['({ "call"^(\n  a,\n) { } }).call', '_(\n  a,\n) { }'],
  ['({ class ^(a) { } }).class', '_(a) { }'],
  ['({ get^(a) { } }).get', '_(a) { }'],
  ['({ async^(a) { } }).async', '_(a) { }'],
  ['(class { static async  call ^(a) { } }).call', 'async _(a) { }'],
  ['Object.getOwnPropertyDescriptor({ get  call ^() { return 1 } }, "call").get', '_() { return 1 }'],
];
for (const [code, source] of METHODS) {
  origins(code, async () => {
    const node = await shipped(vm.runInThisContext(code.replace('^', ''), { filename: 'REPL1' }));
    assert.is(node.form, 'method');
    assert.is(node.source, source);
    assert.is(node.origin.column + source.indexOf('('), code.indexOf('^') + 1);
  });
}

origins('a file is named as stacks name it', async () => {
  const { hidden } = await import(fixtureUrl('library.ts'));
  assert.is((await shipped(hidden.scale)).origin.file, fixtureUrl('library.ts'));
  const path = fileURLToPath(fixtureUrl('library.cjs'));
  assert.is((await shipped(createRequire(import.meta.url)(path).hidden.where)).origin.file, path);
});

origins('scripts on the stack need not be asked for', async () => {
  const callers = callingScripts();
  assert.ok([...callers.values()].includes(import.meta.url));
  const { nodes } = (await ship(() => 1, { initArgs: [], callers })) as ValueShipment;
  assert.is((nodes[0] as FunctionNode).origin.file, import.meta.url);
});

origins('code without a file is named after the backend', async () => {
  const made = vm.runInThisContext('new Function("a", "return a")');
  assert.equal((await shipped(made)).origin, { file: 'backend anonymous', line: 1, column: 1 });
});

origins('a missing inspector is no failure', async () => {
  const { getBuiltinModule } = process;
  process.getBuiltinModule = (() => undefined) as never;
  try {
    assert.equal((await shipped(() => 1)).origin, { file: 'backend without a name', line: 1, column: 1 });
  } finally {
    process.getBuiltinModule = getBuiltinModule;
  }
});

origins('an attached debugger stays attached', async () => {
  const session = new Session();
  session.connect();
  session.post('Debugger.enable');
  assert.is((await shipped(vm.runInThisContext('(() => 1)', { filename: 'REPL-new' }))).origin.file, 'REPL-new');
  let parsed = 0;
  session.on('Debugger.scriptParsed', () => {
    parsed += 1;
  });
  vm.runInThisContext('1');
  session.disconnect();
  assert.is(parsed, 1);
});

origins('nothing is left behind', async () => {
  const outside = { a: 1 };
  const before = Reflect.ownKeys(globalThis).length;
  await ship(() => outside, none);
  assert.is(Reflect.ownKeys(globalThis).length, before);
});

test.run();
origins.run();
