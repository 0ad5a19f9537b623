/** Which functions have a variable in common: V8 shows what a scope holds, and not which of several alike it is. */
import type { Declarations } from './declarations.ts';
import type { HeapContexts } from './heap-contexts.ts';
import type { Inspection, Scope } from './inspection.ts';
import { type FunctionUse, isOneOfItsKind, type Tell } from './shared-variables.ts';
import type { Home } from './variables.ts';

type Group = FunctionUse[];

/**
 * Tells by what is certain: scopes that exist once, scopes that differ in what they hold, and variables that are
 * declared in several places of a text. Scopes that are alike beyond that are one, if they can be: a factory that makes
 * one function per call has made two of them in two calls. Where that leaves several answers the heap tells; null where
 * it does not, or not yet.
 */
export function tellActivations(declarations: Declarations, inspection: Inspection, contexts: HeapContexts): Tell {
  return (name, users) => {
    const groups: Group[] = [];
    for (const user of users) {
      const alike = groups.find(
        ([first]) => first !== undefined && isAlike(homeOf(first, name), first, homeOf(user, name), user),
      );
      if (alike) alike.push(user);
      else groups.push([user]);
    }
    // All of them, so that one look at the heap is enough.
    const told = groups.map(
      (group) => splitGroup(name, group, declarations, inspection) ?? splitByContexts(name, group, contexts),
    );
    return told.includes(null) ? null : told.flatMap((split) => split ?? []);
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

/** Null where the text of their script leaves several answers. */
function splitGroup(name: string, group: Group, declarations: Declarations, inspection: Inspection): Group[] | null {
  const [first] = group;
  if (first === undefined || group.length === 1 || isOneOfItsKind(homeOf(first, name), first.isCommonJs))
    return [group];
  // Of several scripts: what `eval` made, of which every piece is one.
  if (new Set(group.map(({ place }) => place?.scriptId)).size > 1) return null;
  const isModule = homeOf(first, name).scopes.some(({ description }) => description === 'Module');
  const found = new Map(
    group.map((use) => [use, use.place && declarations.find(name, use.place, isModule, inspection)]),
  );
  if ([...found.values()].includes(null)) return null;
  const split: Group[] = [];
  for (const declared of Map.groupBy(group, (use) => found.get(use)?.start).values()) {
    const literals = new Set(declared.map(({ place }) => `${place?.lineNumber}:${place?.columnNumber}`));
    const isEachAlone = literals.size === 1 && declared.every((use) => found.get(use)?.isMadeOnce);
    if (literals.size === declared.length) split.push(declared);
    else if (isEachAlone) split.push(...declared.map((use) => [use]));
    else return null;
  }
  return split;
}

function splitByContexts(name: string, group: Group, contexts: HeapContexts): Group[] | null {
  const idOf = (use: FunctionUse): number | null => {
    const { scopes, index } = homeOf(use, name);
    return contexts.of(use.target, scopes, index);
  };
  const ids = new Map(group.map((use) => [use, idOf(use)]));
  if ([...ids.values()].includes(null)) return null;
  return [...Map.groupBy(group, (use) => ids.get(use)).values()];
}
