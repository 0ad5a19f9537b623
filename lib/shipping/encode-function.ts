import { promisify, types } from 'node:util';
import { belongingsOf } from './belongings.ts';
import { type Callable, isNative, nameOf, sourceOf } from './callable.ts';
import { encodeCaptures } from './captures.ts';
import { encodeClass } from './encode-class.ts';
import type { Encoding } from './encoding.ts';
import type { FunctionFacts } from './inspection.ts';
import { modeOf } from './mode.ts';
import { isNaturalOfFunction, keysPutOn } from './natural-properties.ts';
import { refusal } from './refusal.ts';
import { FunctionUse } from './shared-variables.ts';
import type { Belongings, Origin, ShippedNode, Value } from './shipment.ts';
import { SourceEdit } from './source-edit.ts';
import { sourceFacts } from './source-facts.ts';
import type { ReadSource } from './syntax.ts';

const REFUSED: ShippedNode = { type: 'object' };

/** A function or class: as what it is here if the replica has it too, else by value. */
export function encodeFunction(target: Callable, id: number, encoding: Encoding): ShippedNode {
  const { graph, builtIns, inspection } = encoding;
  if (types.isProxy(target)) {
    graph.refuse(refusal('Proxy', 'hides the function behind it', 'capture that function itself'), id);
    return REFUSED;
  }
  const path = builtIns.pathOf(target);
  if (path !== null) return { type: 'built-in', path };
  const certain = graph.certain.get(target);
  if (certain) return certain;
  if (isNative(target)) return encodeNative(target, id, encoding);
  const facts = inspection?.factsOf(target) ?? null;
  if (encoding.fileOf(facts).startsWith('node:')) return encodeInternal(target, facts, id, encoding);
  const reference = encoding.referenceOf(target, facts);
  if (reference !== null) return { type: 'import', ...reference };
  return encodeSource(target, facts, id, encoding);
}

/** What `bind` made, or a function that JavaScript has no source of. */
function encodeNative(target: Callable, id: number, { graph, inspection }: Encoding): ShippedNode {
  const bound = inspection?.boundPartsOf(target) ?? null;
  if (bound === null) {
    const advice = 'wrap it in a function that makes it, or use imported(module, export)';
    graph.refuse(refusal('function', 'is native, and JavaScript has no source of it', advice), id);
    return REFUSED;
  }
  return {
    type: 'bound',
    target: graph.value(bound.target, id, '[[BoundTarget]]'),
    self: graph.value(bound.self, id, '[[BoundThis]]'),
    args: bound.args.map((argument, index) => graph.value(argument, id, `[[BoundArgs]][${index}]`)),
    ...belongingsOf(target, keysPutOn(target), graph, id),
  };
}

/** A function of Node's own that is no export of a module. */
function encodeInternal(
  target: Callable,
  facts: FunctionFacts | null,
  id: number,
  { graph, builtIns }: Encoding,
): ShippedNode {
  const path = builtIns.search(target);
  if (path !== null) return { type: 'built-in', path };
  const [scope] = facts?.scopes ?? [];
  const isPromisified = Object.getOwnPropertyDescriptor(target, promisify.custom)?.value === target;
  if (isPromisified && scope !== undefined && Object.hasOwn(scope.object, 'original')) {
    return {
      type: 'promisified',
      of: graph.value(Reflect.get(scope.object, 'original'), id, 'the function promisified'),
    };
  }
  graph.refuse(refusal('function of Node', 'is internal to Node'), id);
  return REFUSED;
}

function encodeSource(target: Callable, facts: FunctionFacts | null, id: number, encoding: Encoding): ShippedNode {
  const { graph } = encoding;
  const text = sourceOf(target);
  const source = sourceFacts(text, modeOf(target, text, facts, encoding));
  if ('unreadable' in source) {
    graph.refuse(refusal(null, source.unreadable, source.advice), id);
    return REFUSED;
  }
  const { read } = source;
  const made =
    read.form === 'class'
      ? encodeClass(target, read, id, encoding)
      : {
          edit: new SourceEdit(read.source),
          given: [],
          privateStatics: null,
          isEager: false,
          brings: touchedPrototype(target, id, encoding),
          belongings: functionBelongings(target, id, encoding),
        };
  const isCovered = (at: number): boolean => made.edit.isCovered(at - read.offset);
  for (const { reason, advice, at } of source.obstacles) {
    if (!isCovered(at)) graph.refuse(refusal(null, reason, advice), id);
  }
  const { captures, globals } = encodeCaptures(source, isCovered, facts, id, encoding);
  const given = made.given.map(([name, value]) => ({ name, value, home: null, isWritten: false }));
  const place = facts?.place ?? null;
  const isCommonJs = encoding.references.isCommonJs(encoding.fileOf(facts));
  const draft = {
    type: 'function',
    form: read.form,
    name: givenName(target),
    declares: declaredName(read),
    ...sourceAndOrigin(target, read, made.edit.text, facts, encoding),
    isStrict: read.strict,
    isEager: made.isEager,
    brings: made.brings,
    needs: made.given.map(([name]) => name),
    privateStatics: made.privateStatics,
    ...made.belongings,
  } as const;
  const use = new FunctionUse(target, { place, isCommonJs }, { captures: [...captures, ...given], globals }, draft);
  graph.functions.set(id, use);
  return use.finish();
}

function functionBelongings(target: Callable, id: number, { graph, builtIns }: Encoding): Belongings {
  const parent: object | null = Object.getPrototypeOf(target);
  const path = parent === null ? null : builtIns.pathOf(parent);
  const isNatural = path !== null && /^(?:%\w+%|Function)\.prototype$/.test(path.join('.'));
  return {
    ...belongingsOf(target, keysPutOn(target), graph, id),
    ...(isNatural ? {} : { prototype: graph.value(parent, id, '[[Prototype]]') }),
  };
}

/** Its prototype has a node of its own, in which what was put on it travels; an untouched one is made anew. */
function touchedPrototype(target: Callable, id: number, { graph, builtIns }: Encoding): Value[] {
  const prototype: unknown = Object.getOwnPropertyDescriptor(target, 'prototype')?.value;
  if (typeof prototype !== 'object' || prototype === null || !isNaturalOfFunction(target, 'prototype')) return [];
  const isUntouched =
    Reflect.ownKeys(prototype).length <= 1 &&
    Object.isExtensible(prototype) &&
    builtIns.pathOf(Object.getPrototypeOf(prototype) ?? prototype)?.join('.') === 'Object.prototype';
  return isUntouched ? [] : [graph.value(prototype, id, 'prototype')];
}

/** Null: a class with a `name` of its own making. */
function givenName(target: Callable): string | null {
  const own = Object.getOwnPropertyDescriptor(target, 'name');
  return own === undefined || (typeof own.value === 'string' && own.writable === false) ? nameOf(target) : null;
}

function declaredName({ root }: ReadSource): string | null {
  const { id } = root;
  return typeof id === 'object' && id !== null && 'name' in id ? String(id.name) : null;
}

/** A method's key is replaced, as what computed it stays behind: its source then starts that much before its parameters. */
function sourceAndOrigin(
  target: Callable,
  { source, anchor, root, form }: ReadSource,
  edited: string,
  facts: FunctionFacts | null,
  encoding: Encoding,
): { source: string; origin: Origin } {
  const unknown: Origin = { file: `backend ${nameOf(target) || 'without a name'}`, line: 1, column: 1 };
  const originOf = (before: string): Origin => {
    if (facts === null || facts.place === null || encoding.inspection === null) return unknown;
    return encoding.scripts.originOf(facts.place, before, encoding.inspection) ?? unknown;
  };
  if (form !== 'method') return { source: edited, origin: originOf(source.slice(0, anchor)) };
  const head = `${root.async === true ? 'async ' : ''}${root.generator === true ? '*' : ''}_`;
  const origin = originOf('');
  return { source: head + edited.slice(anchor), origin: { ...origin, column: origin.column - head.length } };
}
