import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sourceFacts } from '../../lib/shipping/source-facts.ts';
import { isWorkerGlobal } from '../../lib/shipping/worker-globals.ts';

const variables = suite('free variables');
const surroundings = suite('surroundings');
const unreadable = suite('unreadable sources');

function read(source: string) {
  const found = sourceFacts(source, 'unknown');
  if ('unreadable' in found) throw new Error(found.unreadable);
  const missed = found.variables.filter(({ name, isOptional }) => !isOptional && !isWorkerGlobal(name));
  return {
    reasons: found.obstacles.map(({ reason }) => reason),
    names: missed.map(({ name }) => name),
    written: found.variables.filter(({ isWritten }) => isWritten).map(({ name }) => name),
  };
}

const VARIABLES: readonly (readonly [source: string, names: readonly string[]])[] = [
  ['(a) => a', []],
  ['(a) => a + b', ['b']],
  ['(a) => b(b, c)', ['b', 'c']],
  ['a => ({ a, b: 1, c })', ['c']],
  ['({ a, b: { c = d } = e, ...f }) => [a, c, f]', ['d', 'e']],
  ['([a, , b = a]) => b', []],
  ['(a, b = a, c = later) => { const later = 1; return later }', ['later']],
  ['() => { x = 1 }', ['x']],
  ['() => { x++; [y] = [1]; ({ z } = {}) }', ['x', 'y', 'z']],
  ['() => { { let x = 1; } return x }', ['x']],
  ['() => { { var x = 1; } return x }', []],
  ['() => { for (const x of xs) f(x); for (let i = 0; i < 1; i++); return i }', ['xs', 'f', 'i']],
  ['() => { outer: for (;;) { break outer } }', []],
  ['() => { try { f() } catch (error) { return error } finally { g() } }', ['f', 'g']],
  ['() => { try { } catch ({ message, at = here }) { return message + at } return message }', ['here', 'message']],
  ['() => { try { } catch { } }', []],
  ['() => { hoisted(); function hoisted() { return outside } }', ['outside']],
  ['function fact(n) { return n ? n * fact(n - 1) : 1 }', []],
  ['(n) => fact(n)', ['fact']],
  ['class Model { clone() { return new Model() } static one = new Model() }', []],
  ['class { clone() { return new Model() } }', ['Model']],
  ['class A extends Map { }', []],
  ['class A extends Base { }', ['Base']],
  ['class A extends mixin(Map, options) { }', ['mixin', 'options']],
  [
    'class A { x = first; static y = second; [third] = 1; #z = fourth; static { fifth } }',
    ['first', 'second', 'third', 'fourth', 'fifth'],
  ],
  ['class A { static { let own = 1; own } get x() { return own } }', ['own']],
  ['class A { a = 1; b() { return a } }', ['a']],
  ['() => typeof missing', []],
  ['() => typeof missing === "x" ? missing : 1', ['missing']],
  ['() => typeof missing.x', ['missing']],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the source of a template
  ['() => `${a}${b`${c}`}`', ['a', 'b', 'c']],
  ['() => { const f = (x) => y => x + y + z; return f }', ['z']],
  ['function () { return arguments.length + new.target }', []],
  ['async () => { for await (const x of source) { await import(name) } }', ['source', 'name']],
  ['async function* () { yield* more }', ['more']],
  ['call(x) { return x + y }', ['y']],
  ['[key + 1](x) { return x }', []],
  ['get value() { return y }', ['y']],
  ['() => require("fs")', ['require']],
  ['() => [Math, JSON, fetch, process, undefined, NaN, structuredClone, globalThis.anything]', []],
  ['() => { switch (a) { case b: let c = d; return c } }', ['a', 'b', 'd']],
  ['() => { const { x: { y: [z = q] } } = w; return z }', ['q', 'w']],
  ['(o) => o?.a?.[b] ?? (c ||= 1)', ['b', 'c']],
  ['() => { using handle = open() }', ['open']],
  ['() => x\n// y', ['x']],
];
for (const [source, names] of VARIABLES) {
  variables(source, () => assert.equal(read(source).names, names));
}

/** [source, the variables that it assigns to] */
const WRITTEN: readonly (readonly [source: string, names: readonly string[]])[] = [
  ['() => x', []],
  ['() => { x = 1 }', ['x']],
  ['() => { x.y = 1; z[0]++; delete w.v }', []],
  ['() => x++ + --y', ['x', 'y']],
  ['() => { [x, ...y] = z; ({ a: w = v } = u) }', ['x', 'y', 'w']],
  ['() => { x ||= y }', ['x']],
  ['() => { for (x of y); for (z in w); }', ['x', 'z']],
  ['class { x = 1; static { y = 2 } }', ['y']],
  ['() => { let x; x = 1; y }', []],
];
for (const [source, names] of WRITTEN) {
  variables(`${source} assigns`, () => assert.equal(read(source).written, names));
}

variables('a name behind typeof only is optional', () => {
  const found = sourceFacts('() => typeof x + typeof y + y', 'strict');
  if ('unreadable' in found) throw new Error(found.unreadable);
  assert.equal(
    found.variables.map(({ name, isOptional }) => [name, isOptional]),
    [
      ['x', true],
      ['y', false],
    ],
  );
});

const SURROUNDINGS: readonly (readonly [source: string, reason: RegExp | null])[] = [
  ['() => this.x', /'this'/],
  ['() => () => this', /'this'/],
  ['(x = this) => x', /'this'/],
  ['() => function () { return this }', null],
  ['() => class { x = this; static { this } y() { return () => this } }', null],
  ['() => class { [this.x] = 1 }', /'this'/],
  ['() => class extends this.Base { }', /'this'/],
  ['() => ({ this: 1, x() { return super.y + this.z } }).this', null],
  ['() => super.x', /'super'/],
  ['call() { return super.call() }', /'super'/],
  ['class A extends Map { constructor() { super(); } get(k) { return (() => super.get(k))() } }', null],
  ['() => new.target', /'new\.target'/],
  ['function () { return () => new.target }', null],
  ['() => arguments[0]', /'arguments'/],
  ['() => function () { return arguments }', null],
  ['() => ({ arguments: 1 }).arguments', null],
  ['() => import.meta.url', /'import\.meta'/],
  ['function () { return import.meta.dirname }', /'import\.meta'/],
  ['() => import("node:os")', null],
  ['() => eval("x")', /'eval'/],
  ['() => (0, eval)("1")', null],
  ['() => eval?.("1")', null],
  ['function (o) { with (o) { return x } }', /'with'/],
  ['read() { return this.#secret }', /'#secret'/],
  ['(o) => #brand in o', /'#brand'/],
  ['class { #a = 1; b() { return class { #c; d(o) { return o.#a + this.#c } } } }', null],
];
for (const [source, reason] of SURROUNDINGS) {
  surroundings(source, () => {
    const { reasons } = read(source);
    if (reason === null) assert.equal(reasons, []);
    else assert.match(reasons.join(), reason);
  });
}

unreadable('a private method is named as one', () => assert.throws(() => read('#secret() {}'), /private method/));
unreadable('an arrow of a constructor that calls super is named as one', () => {
  assert.throws(() => read('() => super()'), /super\(\) call outside constructor/);
});
unreadable('what the parser does not know is refused', () =>
  assert.throws(() => read('() => @@'), /cannot be read alone/),
);

variables.run();
surroundings.run();
unreadable.run();
