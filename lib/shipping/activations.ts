/** Which functions have a variable in common: V8 shows what a scope holds, and not which of several alike it is. */
import { createRequire } from 'node:module';
import type * as acorn from 'acorn';
import type * as eslintScope from 'eslint-scope';
import type { HeapContexts } from './heap-contexts.ts';
import type { Inspection, Place, Scope } from './inspection.ts';
import type { Scripts } from './scripts.ts';
import { type FunctionUse, isOneOfItsKind, type Tell } from './shared-variables.ts';
import type { Home } from './variables.ts';

type Group = FunctionUse[];

/**
 * Tells by what is certain: scopes that exist once, and scopes that differ in what they hold. Scopes that are alike are
 * one, if they can be: a factory that makes one function per call has made two of them in two calls. Where that leaves
 * several answers the heap tells; null where it does not, or not yet.
 */
export function tellActivations(scripts: Scripts, inspection: Inspection, contexts: HeapContexts): Tell {
  return (name, users) => {
    const groups: Group[] = [];
    for (const user of users) {
      const alike = groups.find(
        ([first]) => first !== undefined && isAlike(homeOf(first, name), first, homeOf(user, name), user),
      );
      if (alike) alike.push(user);
      else groups.push([user]);
    }
    const told: Group[] = [];
    for (const group of groups) {
      const split = splitGroup(name, group, scripts, inspection) ?? splitByContexts(name, group, contexts);
      if (split === null) return null;
      told.push(...split);
    }
    return told;
  };
}

function homeOf(use: FunctionUse, name: string): Home {
  const home = use.captures.find((capture) => capture.name === name)?.home;
  if (!home) throw new Error(`'${name}' is no captured variable`);
  return home;
}

function isAlike(a: Home, useA: FunctionUse, b: Home, useB: FunctionUse): boolean {
  const outwards = a.scopes.slice(a.index);
  const others = b.scopes.slice(b.index);
  if (outwards.length !== others.length || outwards[0]?.description !== others[0]?.description) return false;
  if (outwards[outwards.length - 1]?.object !== others[others.length - 1]?.object) return false;
  const isOfRealm = outwards.length <= 2 && /^(?:Script|Global)/.test(outwards[0]?.description ?? '');
  if (isOfRealm) return true;
  const isOneScript = useA.place !== null && useA.place.scriptId === useB.place?.scriptId;
  if (isOneOfItsKind(a, useA.isCommonJs)) return isOneScript;
  // What is around a module's own scope is the same for all of it.
  return outwards.every(
    (scope, at) => /^(?:Module|Script|Global)/.test(scope.description) || holdsTheSame(scope, others[at]),
  );
}

function holdsTheSame(a: Scope, b: Scope | undefined): boolean {
  if (b === undefined || a.description !== b.description) return false;
  const names = Object.keys(a.object);
  if (names.length !== Object.keys(b.object).length) return false;
  return names.every((name) => Object.hasOwn(b.object, name) && Object.is(read(a.object, name), read(b.object, name)));
}

const UNINITIALISED = Symbol('a variable without a value yet');

function read(variables: object, name: string): unknown {
  try {
    return Reflect.get(variables, name);
  } catch {
    return UNINITIALISED;
  }
}

function splitGroup(name: string, group: Group, scripts: Scripts, inspection: Inspection): Group[] | null {
  const [first] = group;
  if (first === undefined || isOneOfItsKind(homeOf(first, name), first.isCommonJs)) return [group];
  // Of several scripts: what `eval` made, of which every piece is one.
  if (new Set(group.map(({ place }) => place?.scriptId)).size > 1) return null;
  const literals = new Set(group.map(({ place }) => `${place?.lineNumber}:${place?.columnNumber}`));
  if (literals.size === group.length) return [group];
  const isModule = homeOf(first, name).scopes.some(({ description }) => description === 'Module');
  const isOnce = first.place !== null && isMadeOnce(name, first.place, isModule, scripts, inspection);
  return literals.size === 1 && isOnce ? group.map((use) => [use]) : null;
}

function splitByContexts(name: string, group: Group, contexts: HeapContexts): Group[] | null {
  const idOf = (use: FunctionUse): number | null => {
    const { scopes, index } = homeOf(use, name);
    const chain = contexts.of(use.target);
    const numOwn = scopes.filter(({ description }) => !/^(?:Script|Global)/.test(description)).length;
    return chain?.length === numOwn ? (chain[index] ?? null) : null;
  };
  const ids = new Map(group.map((use) => [use, idOf(use)]));
  if ([...ids.values()].includes(null)) return null;
  return [...Map.groupBy(group, (use) => ids.get(use)).values()];
}

/** Whether a function is made once for each time that a variable of that name, found from it, comes into being. */
function isMadeOnce(name: string, place: Place, isModule: boolean, scripts: Scripts, inspection: Inspection): boolean {
  const text = scripts.textOf(place.scriptId, inspection);
  const index = scripts.indexOf(place, inspection);
  const manager = analyzeScript(text, isModule);
  if (manager === null) return false;
  const made = manager.scopes
    .filter(({ type, block }) => (type === 'function' || type === 'class') && contains(block, index))
    .reduce<eslintScope.Scope | null>(
      (inner, scope) => (inner === null || isInside(scope, inner) ? scope : inner),
      null,
    );
  for (let scope = made?.upper ?? null; scope !== null; scope = scope.upper) {
    if (scope.set.has(name)) return !isInLoop(scope.block, index);
    if (scope.type === 'function' || scope.type.startsWith('class-')) return false;
  }
  return false;
}

function analyzeScript(text: string, isModule: boolean): eslintScope.ScopeManager | null {
  const require = createRequire(import.meta.url);
  const parser: typeof acorn = require('acorn');
  const { analyze }: typeof eslintScope = require('eslint-scope');
  const sourceType = isModule ? 'module' : 'script';
  try {
    const options: acorn.Options = {
      ecmaVersion: 'latest',
      sourceType,
      ranges: true,
      allowReturnOutsideFunction: true,
    };
    const program = parser.parse(text, { ...options, allowAwaitOutsideFunction: true, allowHashBang: true });
    return analyze(program as Parameters<typeof analyze>[0], { ecmaVersion: 2024, sourceType, fallback: 'iteration' });
  } catch {
    // Told apart by nothing else, these functions cannot travel; that is said with their names.
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

function isInside(scope: eslintScope.Scope, other: eslintScope.Scope): boolean {
  return contains(other.block, rangeOf(scope.block)[0]) && scope !== other;
}
