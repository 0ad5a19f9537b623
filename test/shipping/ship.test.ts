import { Session } from 'node:inspector';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { acceptBatch } from '../../lib/shipping/accept-batch.ts';
import { constructorArguments, ship } from '../../lib/shipping/ship.ts';
import type { SourceShipment } from '../../lib/shipping/shipment.ts';
import { imported } from '../../lib/shipping/target.ts';
import { failure, fixtureUrl, throwsCode } from './fixtures.ts';

const test = suite('ship');
const origins = suite('origins');
const none = { initArgs: [] };
const shipped = (target: unknown) => ship(target, none) as SourceShipment;
const outside = { threshold: 1 };

test('a function travels as plain data', () => {
  const shipment = shipped(function double(x: number) {
    return x * 2;
  });
  assert.equal(structuredClone(shipment), shipment);
  assert.is(shipment.form, 'function');
  assert.is(shipment.name, 'double');
  assert.is(shipment.batched, 'none');
  assert.is(shipment.hasReconfigure, false);
});

test('an import travels as its name', () => {
  const target = imported('./x.ts', 'Model', [1]);
  assert.equal(ship(target, none), { kind: 'imported', module: './x.ts', exportName: 'Model', from: import.meta.url });
  assert.equal(constructorArguments(target, []), [1]);
  assert.equal(constructorArguments(imported('./x.ts'), [2]), [2]);
});

test('marks put on from outside travel', () => {
  const model = class {
    call() {}
    other() {}
  };
  model.prototype.call = acceptBatch(model.prototype.call);
  assert.equal(shipped(model).batched, ['call']);
  assert.is(
    shipped(
      acceptBatch(
        class {
          call() {}
        },
      ),
    ).batched,
    'all',
  );
  assert.is(shipped(acceptBatch(() => [])).batched, 'all');
});

test('reconfigure is found as a method, as a field, or left to the instance', () => {
  assert.is(
    shipped(
      class {
        reconfigure() {}
      },
    ).hasReconfigure,
    true,
  );
  assert.is(
    shipped(
      class {
        reconfigure = () => 1;
      },
    ).hasReconfigure,
    true,
  );
  assert.is(
    shipped(
      class {
        constructor() {
          Object.assign(this, { reconfigure() {} });
        }
      },
    ).hasReconfigure,
    null,
  );
  assert.is(
    shipped(
      class {
        call() {}
      },
    ).hasReconfigure,
    false,
  );
});

test('sloppy-mode code stays sloppy', () => {
  assert.is(shipped(vm.runInThisContext('(function () { return this })')).strict, false);
  assert.is(shipped(vm.runInThisContext('(() => { var let = 1; return let })')).strict, false);
  assert.is(shipped(() => 1).strict, true);
});

test('every missed variable is named, with what to do', () => {
  const error = failure(() => ship((x: number) => [x, outside, test], none));
  assert.is(error.code, 'NOT_SHIPPABLE');
  for (const word of ['outside', 'test', 'initArgs', 'await import', 'imported('])
    assert.ok(error.message.includes(word), word);
});

test('require and a missing own name have hints of their own', () => {
  const withRequire = vm.runInThisContext('(() => require("fs"))');
  throwsCode(() => ship(withRequire, none), 'NOT_SHIPPABLE', /`require` is not there: use `await import/);
  const fact = (n: number): number => (n > 0 ? n * fact(n - 1) : 1);
  throwsCode(() => ship(fact, none), 'NOT_SHIPPABLE', /for 'fact' itself/);
});

test('serve is provided', () => {
  assert.is(shipped(vm.runInThisContext('(() => serve.connect())')).kind, 'source');
});

test('what has no source or not all of it is refused with the reason', () => {
  throwsCode(() => ship((() => 1).bind(null), none), 'NOT_SHIPPABLE', /bound or built-in/);
  throwsCode(() => ship(new Proxy(() => 1, {}), none), 'NOT_SHIPPABLE', /proxies|built-in/);
  throwsCode(() => ship(Map, none), 'NOT_SHIPPABLE', /bound or built-in/);
  throwsCode(() => ship(() => import.meta.url, none), 'NOT_SHIPPABLE', /import\.meta/);
  throwsCode(() => ship(vm.runInThisContext('() => eval("1")'), none), 'NOT_SHIPPABLE', /'eval'/);
  throwsCode(() => ship(vm.runInThisContext('() => [this, new Foo(bar)]'), none), 'NOT_SHIPPABLE', /'this'.*Foo, bar/);
});

test('what was put on from outside and would be missed is refused', () => {
  const patched = class {
    call() {}
  };
  Object.assign(patched.prototype, { extra: () => 1 });
  throwsCode(() => ship(patched, none), 'NOT_SHIPPABLE', /method 'extra'/);
  const model = vm.runInThisContext('(class Model { call() { return Model.table } })');
  model.table = [1];
  throwsCode(() => ship(model, none), 'NOT_SHIPPABLE', /property 'table'/);
  const counter = vm.runInThisContext('(function counter() { return counter.calls++ })');
  counter.calls = 0;
  throwsCode(() => ship(counter, none), 'NOT_SHIPPABLE', /property 'calls'/);
  const own = class Own {
    static table = [1];
    static make() {
      return Own.table;
    }
    call() {}
  };
  assert.is(shipped(own).form, 'class');
});

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
  test(`a target cannot be ${found.source}`, () => throwsCode(() => ship(value, none), 'INVALID_ARGUMENT', found));
}

test('constructor arguments need a class, and one place', () => {
  throwsCode(() => ship(() => 1, { initArgs: [1] }), 'INVALID_ARGUMENT', /initArgs need a class/);
  throwsCode(() => ship(imported('x', 'y', [1]), { initArgs: [1] }), 'INVALID_ARGUMENT', /give them in one/);
  assert.is(
    (
      ship(
        class {
          call() {}
        },
        { initArgs: [1] },
      ) as SourceShipment
    ).form,
    'class',
  );
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
    origins(`${code} ${lineOffset}`, () => {
      const at = code.indexOf('^');
      const lines = code.slice(0, at).split('\n');
      const filename = `REPL${index}`;
      const target = vm.runInThisContext(`var x; ${code.replace('^', '')}`, { filename, lineOffset, columnOffset: 5 });
      const shipment = shipped(target);
      assert.is(shipment.form, form);
      assert.equal(shipment.origin, {
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
  origins(code, () => {
    const shipment = shipped(vm.runInThisContext(code.replace('^', ''), { filename: 'REPL1' }));
    assert.is(shipment.form, 'method');
    assert.is(shipment.source, source);
    assert.is(shipment.origin.column + source.indexOf('('), code.indexOf('^') + 1);
  });
}

origins('a file is named as stacks name it', async () => {
  const { greet } = await import(fixtureUrl('models.ts'));
  assert.is(shipped(greet).origin.file, fixtureUrl('models.ts'));
  const path = fileURLToPath(fixtureUrl('common.cjs'));
  assert.is(shipped(createRequire(import.meta.url)(path).fail).origin.file, path);
});

origins('code without a file is named after the backend', () => {
  const made = vm.runInThisContext('new Function("a", "return a")');
  assert.equal(shipped(made).origin, { file: 'backend anonymous', line: 1, column: 1 });
});

origins('a missing inspector is no failure', () => {
  const { getBuiltinModule } = process;
  process.getBuiltinModule = (() => undefined) as never;
  try {
    assert.equal(shipped(() => 1).origin, { file: 'backend without a name', line: 1, column: 1 });
  } finally {
    process.getBuiltinModule = getBuiltinModule;
  }
});

origins('an attached debugger stays attached', () => {
  const session = new Session();
  session.connect();
  session.post('Debugger.enable');
  assert.is(shipped(() => 1).origin.file, import.meta.url);
  let parsed = 0;
  session.on('Debugger.scriptParsed', () => {
    parsed += 1;
  });
  vm.runInThisContext('1');
  session.disconnect();
  assert.is(parsed, 1);
});

origins('nothing is left behind', () => {
  const before = Reflect.ownKeys(globalThis).length;
  ship(() => 1, none);
  assert.is(Reflect.ownKeys(globalThis).length, before);
});

test.run();
origins.run();
