/** Variables of every kind of scope: functions, blocks, modules, CommonJS files, scripts and prompts. */
import fs, { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { start } from 'node:repl';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { suite } from 'uvu';
import { fixtureUrl } from './fixtures.ts';
import { type Shapes, testShapes, withHosts } from './shape-table.ts';

const test = suite('captured scopes');
const { hosts } = withHosts(test);

const url = fixtureUrl('library.ts');
const library = await import(url);
const common = createRequire(import.meta.url)(fileURLToPath(fixtureUrl('library.cjs')));

const rate = 4;
let moduleCount = 0;
const table = new Map([['a', 1]]);
function hit(): number {
  moduleCount += 1;
  return moduleCount;
}

/** Like a line at a prompt: a script of its own that sees those before it. */
const typed = (code: string, input = 'REPL1'): unknown => vm.runInThisContext(code, { filename: input });

/** A prompt of Node's own. */
async function atPrompt(useGlobal: boolean, lines: readonly string[]): Promise<unknown> {
  const server = start({ input: new PassThrough(), output: new PassThrough(), terminal: false, useGlobal });
  let value: unknown;
  for (const [index, line] of lines.entries()) {
    value = await new Promise((resolve, reject) => {
      server.eval(`${line}\n`, server.context, `REPL${index + 1}`, (error, result) =>
        error === null ? resolve(result) : reject(error),
      );
    });
  }
  server.close();
  return value;
}

const PROMPT = [
  "const os = await import('node:os')",
  'let total = 1; const scale = (x) => x * factor; var factor = 3',
  'function add(x) { total += scale(x); return total }',
  'class Model { static kind = "typed"; call(x) { return [add(x), total, Model.kind, typeof os.cpus] } }',
  'const list = [1, 2]; const when = new Date(5)',
  '() => [new Model().call(2), total, list.map((x) => x + 1), when.getTime(), [] instanceof Array]',
];

const shapes: Shapes = {
  'constants and variables of a module': () => () => [rate, moduleCount, table.get('a')],
  'a counter of a module, by function and variable': () => () => [hit(), hit(), moduleCount],
  'a class of a module that counts there': () => {
    class Counter {
      seen = hit();
      static read = () => moduleCount;
    }
    return () => [new Counter().seen, new Counter().seen, Counter.read(), moduleCount];
  },
  'imports of Node’s modules': () => () => [
    fs.existsSync === existsSync,
    typeof fs.readFileSync,
    path.join('a', 'b'),
    typeof path.posix.join,
    fs.existsSync('/'),
  ],
  'a whole module, imported at run time': () => async () => [
    library.config.mode,
    library === (await import(library.hidden.where ?? url)),
  ],
  'exports that were picked': () => {
    const { config, token, Exported, default: double } = library;
    const instance = new Exported();
    instance.value = 5;
    return () => [config.mode, token.description, instance.call(), instance instanceof Exported, double(2)];
  },
  'functions of a module that it does not export': () => {
    const { scale, count } = library.hidden;
    return () => [scale(2), scale(3), count()];
  },
  'the imports of another module': () => library.hidden.tools,
  'what a module exports is the replica’s own': () => library.hidden.isSame,
  'variables of a CommonJS file': () => common.hidden.count.bind(null, 1),
  'require, file name and directory of a CommonJS file': () => {
    const { where, late, same } = common.hidden;
    return () => [where(), late(), same()];
  },
  'parameters and what was taken apart': () => {
    const make =
      ({ a, b: [c = 2] }: { a: number; b: number[] }, ...rest: number[]) =>
      () => [a, c, rest];
    return make({ a: 1, b: [] }, 3, 4);
  },
  'blocks within blocks': () => {
    const outer = 1;
    {
      const inner = 2;
      {
        const innermost = 3;
        return () => [outer, inner, innermost];
      }
    }
  },
  'each turn of a loop': () => {
    const made: (() => number)[] = [];
    for (let turn = 0; turn < 3; turn++) made.push(() => turn * 10);
    return () => made.map((one) => one());
  },
  'what was caught': () => {
    try {
      throw new RangeError('caught');
    } catch (error) {
      return () => (error as Error).message;
    }
  },
  'a switch’s cases': () => {
    switch (rate as number) {
      case 4: {
        const found = 'four';
        return () => found;
      }
      default:
        return () => 'other';
    }
  },
  'a variable within eval': () =>
    typed('(() => { const here = 1; return eval("const inner = 2; () => [here, inner]") })()'),
  'the constructor of functions': () => {
    const made = new Function('a', 'return () => [a, typeof b]');
    return made(5);
  },
  'a name that may be missing': () => () => [typeof (globalThis as { nowhere?: unknown }).nowhere, typeof process],
  'a name behind typeof that is a variable': () => {
    const here: unknown = 1;
    return () => typeof here;
  },
  'lines at a prompt': () => {
    typed('const unit = 2; let lines = 0; var shared = [1]', 'REPL1');
    typed('function count(by) { lines += by * unit; return lines }', 'REPL2');
    typed('class Line { #at = count(1); get at() { return this.#at } }', 'REPL3');
    return typed('() => [new Line().at, new Line().at, lines, shared, count(1)]', 'REPL4');
  },
  'functions of several lines that assign to one variable': () => {
    typed('let many = 0;', 'REPL10');
    typed('function first() {\n  many += 1;\n  return many;\n}', 'REPL11');
    typed('  const second = { third() { many += 10; return many } }', 'REPL12');
    typed('const fourth = x => many += x;', 'REPL13');
    typed('const fifth = async function* () { yield many; many = 0 };', 'REPL14');
    return typed('async () => [first(), second.third(), fourth(5), (await fifth().next()).value, many]', 'REPL15');
  },
  'sloppy functions stay sloppy': () => {
    typed('function loose() { undeclared = 7; return [typeof this, delete undeclared] }; var undeclared;');
    return typed('() => [loose(), (function () { return typeof this })()]');
  },
  'an assigned variable of the name of a global that others use': () => {
    typed('const rename = (() => { let parseInt = 0; return { up: () => ++parseInt, read: () => parseInt } })()');
    return typed('() => [rename.up(), rename.read(), parseInt("7")]');
  },
  'names that are reserved in strict code': () =>
    typed('(() => { let yield_ = 1; var let = 2, static = 3; return () => [let, static] })()'),
  'a field whose key is computed': () =>
    typed(
      '(() => { const key = "field"; class Keyed { [key + 1] = 1; read() { return [this.field1, key] } } return () => new Keyed().read() })()',
    ),
  'values of another context': () => {
    const context = vm.createContext({ given: [3] });
    vm.runInContext(
      'let list = [1, 2]; var sum = (all) => all.reduce((a, b) => a + b, 0); class Own extends Array {}',
      context,
    );
    return vm.runInContext(
      '() => [sum(list), list instanceof Array, new Own() instanceof Array, given, new Map([[1, 2]])]',
      context,
    );
  },
  'objects of another context': () => {
    const object = vm.runInNewContext(
      '({ list: [1], map: new Map([[1, 2]]), when: new Date(5), error: new TypeError("x") })',
    );
    return () => [Array.isArray(object.list), object.map.get(1), object.when.getTime(), object.error.message];
  },
  'Node’s prompt, in this context': () => atPrompt(true, PROMPT),
  'Node’s prompt, in a context of its own': () => atPrompt(false, PROMPT),
  'require at a prompt': () =>
    typed(
      'var require = globalThis.require ?? process.getBuiltinModule("node:module").createRequire(process.cwd() + "/"); () => require("node:path").basename("/a/b")',
    ),
};

testShapes(test, shapes, hosts);

test.run();
