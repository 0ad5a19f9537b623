/** Where the variables of a function are declared, from the text of its whole script. */
import { createRequire } from 'node:module';
import type * as acorn from 'acorn';
import type * as eslintScope from 'eslint-scope';
import type { Inspection, Place } from './inspection.ts';
import type { Scripts } from './scripts.ts';

export interface Declaration {
  /** Where the block or function that declares it starts: equal for one variable of the text. */
  readonly start: number;
  /** Whether the function is made once for each time that the variable comes into being. */
  readonly isMadeOnce: boolean;
}

const MOST_KEPT = 4;

/** For one thread. Reading a script takes as long as parsing it, so few are asked for, and the last ones are kept. */
export class Declarations {
  readonly #scripts: Scripts;
  readonly #managers = new Map<string, eslintScope.ScopeManager | null>();

  constructor(scripts: Scripts) {
    this.#scripts = scripts;
  }

  /** Of the variable that a function at a place means by a name; null where the text does not tell. */
  find(name: string, place: Place, isModule: boolean, inspection: Inspection): Declaration | null {
    const manager = this.#managerOf(place, isModule, inspection);
    const index = this.#scripts.indexOf(place, inspection);
    const made = (manager?.scopes ?? [])
      .filter(({ type, block }) => (type === 'function' || type === 'class') && contains(block, index))
      .reduce<eslintScope.Scope | null>((inner, scope) => (inner && !isInside(scope, inner) ? inner : scope), null);
    let isMadeOnce = true;
    for (let scope = made?.upper ?? null; scope !== null; scope = scope.upper) {
      if (scope.set.has(name)) {
        return { start: rangeOf(scope.block)[0], isMadeOnce: isMadeOnce && !isInLoop(scope.block, index) };
      }
      if (scope.type === 'function' || scope.type.startsWith('class-')) isMadeOnce = false;
    }
    return null;
  }

  #managerOf(place: Place, isModule: boolean, inspection: Inspection): eslintScope.ScopeManager | null {
    const known = this.#managers.get(place.scriptId);
    if (known !== undefined) return known;
    const read = analyzeScript(this.#scripts.textOf(place.scriptId, inspection), isModule);
    if (this.#managers.size >= MOST_KEPT) this.#managers.clear();
    this.#managers.set(place.scriptId, read);
    return read;
  }
}

function analyzeScript(text: string, isModule: boolean): eslintScope.ScopeManager | null {
  const require = createRequire(import.meta.url);
  const parser: typeof acorn = require('acorn');
  const { analyze }: typeof eslintScope = require('eslint-scope');
  const sourceType = isModule ? 'module' : 'script';
  const lenient = { allowReturnOutsideFunction: true, allowAwaitOutsideFunction: true, allowHashBang: true };
  try {
    const program = parser.parse(text, { ecmaVersion: 'latest', sourceType, ranges: true, ...lenient });
    return analyze(program as Parameters<typeof analyze>[0], { ecmaVersion: 2024, sourceType, fallback: 'iteration' });
  } catch {
    // A text that only its own loader understands; the heap is asked then.
    return null;
  }
}

/** Whether a loop inside of a block goes round the place. */
function isInLoop(block: object, index: number): boolean {
  for (const child of Object.values(block)) {
    for (const node of Array.isArray(child) ? child : [child]) {
      if (typeof node !== 'object' || node === null || !contains(node, index)) continue;
      if (/^(?:For|While|DoWhile)/.test(node.type) || isInLoop(node, index)) return true;
    }
  }
  return false;
}

const rangeOf = (node: object): readonly [number, number] =>
  'range' in node && Array.isArray(node.range) ? [Number(node.range[0]), Number(node.range[1])] : [0, -1];

function contains(node: object, index: number): boolean {
  const [start, end] = rangeOf(node);
  return start <= index && index < end;
}

const isInside = (scope: eslintScope.Scope, other: eslintScope.Scope): boolean =>
  contains(other.block, rangeOf(scope.block)[0]) && scope !== other;
