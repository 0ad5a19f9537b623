/** Makes functions and classes from their sources, so that each stands where its user wrote it. */
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compileAt } from './loader.ts';
import type { FunctionNode, Origin, SharedVariable, Value } from './shipment.ts';

/** A captured variable; a late one gets its value when that is made. */
export interface Captured {
  readonly name: string;
  readonly value: unknown;
  readonly isLate: boolean;
}

export interface Defined {
  readonly made: unknown;
  /** Give the late ones their values. */
  readonly set: Readonly<Record<string, (value: unknown) => void>>;
}

/** Where functions that share a variable are made: each gives the value of code of its kind. */
interface Scope {
  readonly strict: (code: string) => unknown;
  readonly sloppy: (code: string) => unknown;
}

type SetWhenMade = (value: Value, set: (value: unknown) => void) => void;
type Function = (...values: unknown[]) => unknown;

const STRICT = "'use strict';";

/** For the functions of one shipment. */
export class FunctionDefiner {
  readonly #variables: readonly SharedVariable[];
  readonly #setWhenMade: SetWhenMade;
  readonly #scopes: Scope[] = [];
  /** A name that no source of the shipment uses, for what is ours. */
  readonly #own: string;

  constructor(functions: readonly FunctionNode[], variables: readonly SharedVariable[], setWhenMade: SetWhenMade) {
    this.#variables = variables;
    this.#setWhenMade = setWhenMade;
    let own = '$';
    while (functions.some(({ source }) => source.includes(own))) own += '$';
    this.#own = own;
  }

  define(node: FunctionNode, captured: readonly Captured[]): Defined {
    const early = captured.filter(({ isLate }) => !isLate);
    const late = captured.filter(({ isLate }) => isLate).map(({ name }) => name);
    const parameters = [...early.map(({ name }) => name), this.#own];
    const set: Record<string, (value: unknown) => void> = Object.create(null);
    const values = [...early.map(({ value }) => value), set];
    return {
      made:
        node.within === null
          ? this.#alone(node, late, parameters)(...values)
          : this.#within(node, late, parameters, values),
      set,
    };
  }

  /** Captured values are parameters: as quick as variables of a module, and any name of a variable may be one. */
  #alone(node: FunctionNode, late: readonly string[], parameters: readonly string[]): Function {
    const [before, after] = wrappingOf(node);
    const head = `${node.isStrict ? STRICT : ''}${this.#declare(late)}return ${before}`;
    const origin = { ...node.origin, column: node.origin.column - head.length };
    return compileAt(origin, head + node.source + after, parameters);
  }

  /**
   * By `eval`, which alone makes functions of several sources see one variable. Its code starts in line 1, so the lines
   * above a source are left empty.
   */
  #within(
    node: FunctionNode,
    late: readonly string[],
    parameters: readonly string[],
    values: readonly unknown[],
  ): unknown {
    const around = this.#scope(node.within ?? 0, node.origin);
    const code = `(function(${parameters}){${this.#declare(late)}return ${this.#evaluators()}})`;
    const scope = (around.sloppy(code) as Function)(...values) as Scope;
    return (node.isStrict ? scope.strict : scope.sloppy)(placed(node));
  }

  /** That of a shared variable, inside that of the one around it. `origin` is what imports inside are relative to. */
  #scope(number: number, origin: Origin): Scope {
    const known = this.#scopes[number];
    if (known) return known;
    const { name = '', value = undefined, within = null } = this.#variables[number] ?? {};
    const body = `${this.#declare([name])}return ${this.#evaluators()}`;
    const make =
      within === null
        ? compileAt({ file: origin.file, line: 1, column: 1 }, body, [this.#own])
        : (this.#scope(within, origin).sloppy(`(function(${this.#own}){${body}})`) as Function);
    const set: Record<string, (value: unknown) => void> = Object.create(null);
    const scope = make(set) as Scope;
    this.#scopes[number] = scope;
    this.#setWhenMade(value, (made) => set[name]?.(made));
    return scope;
  }

  /** Variables without a value yet, and a setter for each. */
  #declare(names: readonly string[]): string {
    if (names.length === 0) return '';
    const own = this.#own;
    return `var ${names.join(',')};${names.map((name) => `${own}.${name}=${own}=>{${name}=${own}};`).join('')}`;
  }

  #evaluators(): string {
    const own = this.#own;
    return `{strict:function(${own}){'use strict';return eval(${own})},sloppy:function(${own}){return eval(${own})}}`;
  }
}

const wrappingOf = ({ form }: FunctionNode): readonly [before: string, after: string] =>
  form === 'method' ? ['({', '})._'] : ['(', ')'];

/** Code whose value is the function, with its source where it was. */
function placed(node: FunctionNode): string {
  const { source, declares, origin } = node;
  const { line, column } = origin;
  const [before, after] = wrappingOf(node);
  const named = `\n//# sourceURL=${sourceUrl(origin.file)}`;
  if (line > 1)
    return `${before}${'\n'.repeat(line - 1)}${' '.repeat(Math.max(0, column - 1))}${source}${after}${named}`;
  const room = column - 1 - before.length;
  // At the start of a script nothing fits before it: there it declares itself, or is an arrow.
  if (room < 0 && declares !== null) return `${source}\n;${declares}${named}`;
  if (room < 0 && node.form === 'function' && !/^(?:async\s+)?function/.test(source)) return `${source}${named}`;
  return `${' '.repeat(Math.max(0, room))}${before}${source}${after}${named}`;
}

/** White space would end it. */
const sourceUrl = (file: string): string =>
  !/\s/.test(file) ? file : isAbsolute(file) ? pathToFileURL(file).href : file.replaceAll(/\s/g, '_');
