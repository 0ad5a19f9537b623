/** Shapes that JavaScript allows and TypeScript would not, each typed as at a prompt. */
import { promisify } from 'node:util';
import vm from 'node:vm';
import { suite } from 'uvu';
import { type Shapes, testShapes, withHosts } from './shape-table.ts';

const test = suite('captured oddities');
const { hosts } = withHosts(test);

/** [what, the body of a function that returns the target] */
const ODD: readonly (readonly [what: string, body: string])[] = [
  [
    'static fields that hold instances of their class',
    'class A { static one = new A(); static all = [A]; v = 1 } return () => [A.one instanceof A, A.all[0] === A, A.one.v]',
  ],
  [
    'a parent that knows its children',
    'class A { static kinds = {} } class B extends A { static { A.kinds.b = B } } return () => new A.kinds.b() instanceof A',
  ],
  [
    'a parent that makes its child',
    'class P { make() { return new C() } } class C extends P {} return () => new P().make() instanceof C',
  ],
  [
    'a parent that is computed, over several lines',
    'const mix = (o) => class { v() { return o.v } }; class A extends mix({\n  v: 3,\n}) { w() { return super.v() } }\nreturn () => new A().w()',
  ],
  [
    'a parent that is computed once',
    'let n = 0; class A extends (n++, class { v() { return n } }) {} return () => new A().v()',
  ],
  [
    'private static methods and brands',
    'class A { #p; static #twice(x) { return x * 2 } static run(x) { return A.#twice(x) } static has(o) { return #p in o } }' +
      'return () => [A.run(4), A.has(new A()), A.has({})]',
  ],
  [
    'members named like keywords',
    'class A { get() { return 1 } set(x) { return x } static() { return 2 } async() { return 3 }' +
      ' static static() { return 4 } static get() { return 5 } } return () => { const a = new A();' +
      ' return [a.get(), a.set(9), a.static(), a.async(), A.static(), A.get()] }',
  ],
  [
    'static fields without values, semicolons or with comments',
    'class A { static get;\n static set = 2\n static x; static y = {a:1}\n static /* = */ v /* = 3 */ = /* x */ 4 /* ; */;' +
      ' z() { return [A.x, A.y.a, A.set, A.get, A.v] } }\n return () => new A().z()',
  ],
  [
    'static fields of templates with braces',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source of a template
    'const q = 1; class A { static t = `a${q}\\n${ `x}` }b`; static #p = `}`; static p() { return A.#p } } return () => [A.t, A.p()]',
  ],
  [
    'keys that are numbers and texts',
    'class A { 1() { return "one" } "a b"() { return "ab" } } return () => [new A()[1](), new A()["a b"]()]',
  ],
  [
    'functions in static fields, one with this',
    'const a = 2; class X { static f = (x) => x * a; static g = function () { return this === X }; static h = () => this.f(1) }' +
      'return () => [X.f(3), X.g(), X.h()]',
  ],
  [
    'a class in a static field',
    'const outer = 2; class A { static B = class extends A { z() { return outer } } } return () => new A.B().z()',
  ],
  [
    'generator methods by symbols',
    'class A { *[Symbol.iterator]() { yield 1 } async *[Symbol.asyncIterator]() { yield 2 } }' +
      'return async () => { const all = [...new A()]; for await (const x of new A()) all.push(x); return all }',
  ],
  [
    'a method moved to another name and class',
    'class A { m() { return "A" } } class B { m() { return "B" } } A.prototype.n = A.prototype.m; A.prototype.m = B.prototype.m;' +
      'return () => [new A().m(), new A().n(), A.prototype.m === B.prototype.m]',
  ],
  [
    'methods made visible, prototypes frozen',
    'class A { m() { return 1 } } Object.defineProperty(A.prototype, "m", { enumerable: true }); Object.freeze(A.prototype);' +
      'return () => [Object.keys(A.prototype), Object.isFrozen(A.prototype), new A().m()]',
  ],
  [
    'a prototype that was replaced',
    'function A() {} A.prototype = { hi() { return "hi" } }; const a = new A(); return () => [a.hi(), a instanceof A, new A().hi()]',
  ],
  [
    'inheritance between functions',
    'function P() {} P.prototype.p = () => "p"; function C() {} Object.setPrototypeOf(C.prototype, P.prototype);' +
      'Object.setPrototypeOf(C, P); P.own = 5; return () => [new C().p(), C.own, Object.getPrototypeOf(C) === P]',
  ],
  [
    'something put on what a generator makes',
    'function* g() { yield 1 } g.prototype.extra = () => "e"; return () => [g().extra(), [...g()]]',
  ],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the source of a template
  ['a tag of templates', 'const tag = (s, ...v) => s.raw.join("|") + v.join(); return () => tag`a${1}\\nb${2}`'],
  ['arguments', 'function count() { return arguments.length } return () => count(1, 2, 3)'],
  ['new.target', 'function F() { this.made = new.target === F } return () => new F().made'],
  [
    'two variables that are swapped',
    'let a = 1, b = 2; const swap = () => { [a, b] = [b, a] }; return () => { swap(); return [a, b] }',
  ],
  [
    'a caught value that is assigned to',
    'let f; try { throw 1 } catch (e) { f = () => { e += 1; return e } } return () => [f(), f()]',
  ],
  [
    'bound functions that share a variable',
    'let n = 0; const add = function () { return (n += this.by) }; const a = add.bind({ by: 1 }), b = add.bind({ by: 10 });' +
      'return () => [a(), b(), n]',
  ],
  [
    'an object of methods that close over this',
    'const o = { v: 1, make() { const self = this; return () => ++self.v } }; const a = o.make(), b = o.make(); return () => [a(), b(), o.v]',
  ],
  ['variables in other alphabets', 'const größe = 2, 変数 = 3; const 積 = () => größe * 変数; return () => 積()'],
  [
    'variables of dollars',
    'let $ = 1, $$ = 2; const _ = 3; const f = () => { $ += $$; return $ }; return () => [f(), $, $$, _]',
  ],
  [
    'a variable named __proto__',
    'var __proto__ = () => own(); function own() { return typeof __proto__ } return () => [own(), typeof __proto__]',
  ],
  [
    'variables that are keywords elsewhere',
    'var yield = 1, await = 2, let = 3, static = 4, package = 5, of = 6, async = 7, get = 8;' +
      'const f = () => { let += 1; return [yield, await, let, static, package, of, async, get] }; return () => [f(), let]',
  ],
  [
    'a function as a key',
    'const f = () => 1; const m = new Map([[f, "f"]]), s = new Set([f]); return () => [m.get(f), s.has(f)]',
  ],
  ['a map of a function of itself', 'const m = new Map(); m.set(m, () => m.size); return () => m.get(m)()'],
  [
    'three hundred closures within each other',
    'let f = () => 0; for (let i = 0; i < 300; i++) { const g = f; f = () => g() + 1 } const top = f; return () => top()',
  ],
  [
    'a ring of five hundred objects with functions',
    'const all = Array.from({ length: 500 }, (_, i) => ({ i })); all.forEach((one, i) => { one.next = all[(i * 7 + 1) % 500]; one.f = () => one.i });' +
      'return () => all.map((one) => one.next.f()).reduce((a, b) => a + b)',
  ],
  [
    'children of dates and regular expressions',
    'class D extends Date { plus() { return this.getTime() + 1 } } class R extends RegExp { t(s) { return this.test(s) } }' +
      'const d = new D(5), r = new R("a", "g"); return () => [d.plus(), d instanceof D, r.t("a"), r.flags]',
  ],
  [
    'errors without a stack, errors in name only',
    'const e = new Error("x"); delete e.stack; const f = Object.create(Error.prototype); f.message = "fake"; return () => [e.message, "stack" in e, f instanceof Error, String(f)]',
  ],
  [
    'exceptions of the web',
    'const e = new DOMException("m", "AbortError"); return () => [e.name, e.message, e.code, e instanceof DOMException]',
  ],
  [
    'a frozen function with properties',
    'const f = Object.freeze(Object.assign(() => 1, { a: { b: 1 } })); return () => [f(), Object.isFrozen(f), f.a.b]',
  ],
  [
    'a getter on an instance',
    'class A { x = 1 } const a = new A(); Object.defineProperty(a, "z", { get() { return this.x + 1 }, enumerable: true }); return () => [a.z, Object.keys(a)]',
  ],
  [
    'code in a loop with labels',
    'const n = 3; return () => { outer: for (let i = 0; ; i++) { for (;;) { if (i === n) break outer; continue outer } } return n }',
  ],
];

const promisified: Shapes = {
  'what util.promisify made, of Node’s functions and one’s own': () => {
    const { readFile } = process.getBuiltinModule('node:fs');
    const { execFile } = process.getBuiltinModule('node:child_process');
    const [read, run] = [promisify(readFile), promisify(execFile)];
    const later = promisify((x: number, done: (error: null, value: number) => void) => setImmediate(done, null, x + 1));
    return async () => [
      (await read(process.execPath)).length > 0,
      (await run(process.execPath, ['-p', '1'])).stdout,
      await later(1),
    ];
  },
};

const shapes: Shapes = Object.fromEntries(
  ODD.map(([what, body]) => [what, () => vm.runInThisContext(`(() => { ${body} })()`, { filename: 'REPL1' })]),
);

testShapes(test, { ...shapes, ...promisified }, hosts);

test.run();
