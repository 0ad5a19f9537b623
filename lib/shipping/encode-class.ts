/** A class by value: its source without what must not run again, and its static state as it is now. */
import { belongingsOf, integrityOf } from './belongings.ts';
import { type Callable, prototypeOf } from './callable.ts';
import { type ClassParts, classParts, type MatchedMember, matchMembers, type StaticFieldPart } from './class-parts.ts';
import type { Encoding } from './encoding.ts';
import { isNaturalOfFunction, keysPutOn } from './natural-properties.ts';
import { labelOf } from './refusal.ts';
import type { Belongings, FunctionNode, Integrity, Side, Value } from './shipment.ts';
import { SourceEdit } from './source-edit.ts';
import type { ReadSource } from './syntax.ts';

/** What a class has become, apart from its captured variables. */
export interface EncodedClass {
  readonly edit: SourceEdit;
  /** Values that its source takes under names of ours. */
  readonly given: readonly (readonly [name: string, value: Value])[];
  readonly privateStatics: FunctionNode['privateStatics'];
  readonly isEager: boolean;
  readonly brings: readonly Value[];
  readonly belongings: Belongings;
}

/**
 * Static fields and blocks do not run again: what they made of the class travels. A static field whose value cannot
 * travel keeps its initialiser, so that each replica makes its own.
 */
export function encodeClass(target: Callable, read: ReadSource, id: number, encoding: Encoding): EncodedClass {
  const parts = classParts(read);
  const matched = matchMembers(target, parts);
  const brings = matched.flatMap((member) => claim(member, id, encoding));
  const editing = new ClassEditing(target, read.source, parts, id, encoding);
  editing.takeHeritage();
  editing.takeComputedKeys(matched);
  if (encoding.inspection !== null) editing.takeStaticState(encoding.inspection.privateStateOf(target));
  const kept = new Set<string | symbol>(editing.initialisedAnew);
  const belongings = staticBelongings(target, matched, kept, parts, id, encoding);
  brings.push(...prototypeFromOutside(target, matched, parts, id, encoding));
  return {
    edit: editing.edit,
    given: editing.given,
    privateStatics: editing.privateStatics,
    isEager: editing.initialisedAnew.length > 0 || parts.hasComputedField || runsStatics(parts, encoding),
    brings,
    belongings,
  };
}

/** What its source did not make of a prototype, for the prototype's own node. */
export function prototypeBelongings(target: Callable, prototype: object, id: number, encoding: Encoding): Belongings {
  const parts = encoding.classPartsOf(target);
  const matched = parts === null ? [] : matchMembers(target, parts);
  const keys = keysFromOutside(prototype, 'prototype', matched).filter(
    (key) => key !== 'constructor' || !isNaturalConstructor(prototype, target),
  );
  const deleted = deletedKeys(prototype, 'prototype', parts);
  const held = belongingsOf(prototype, keys, encoding.graph, id);
  const parent: unknown = Object.getPrototypeOf(prototype);
  const own =
    parent === naturalParent(target, parts) ? {} : { prototype: encoding.graph.value(parent, id, '[[Prototype]]') };
  return { ...held, ...own, ...(deleted.length === 0 ? {} : { deleted }) };
}

class ClassEditing {
  readonly edit: SourceEdit;
  readonly given: (readonly [string, Value])[] = [];
  privateStatics: FunctionNode['privateStatics'] = null;
  /** Static fields that run their initialisers in the replica. */
  readonly initialisedAnew: string[] = [];
  readonly #target: Callable;
  readonly #parts: ClassParts;
  readonly #id: number;
  readonly #encoding: Encoding;

  constructor(target: Callable, source: string, parts: ClassParts, id: number, encoding: Encoding) {
    this.edit = new SourceEdit(source);
    this.#target = target;
    this.#parts = parts;
    this.#id = id;
    this.#encoding = encoding;
  }

  /** The parent itself, whatever expression gave it: its names are rarely among what the class captured. */
  takeHeritage(): void {
    const { heritage } = this.#parts;
    if (heritage === null) return;
    const parent: unknown = Object.getPrototypeOf(this.#target);
    const isNull = Object.getPrototypeOf(prototypeOf(this.#target) ?? {}) === null;
    this.#replace(heritage, this.#encoding.graph.value(isNull ? null : parent, this.#id, 'extends'));
  }

  takeComputedKeys(matched: readonly MatchedMember[]): void {
    for (const part of this.#parts.methods) {
      if (part.key !== null) continue;
      const key = matched.find((member) => member.part === part)?.key ?? DELETED;
      const value = typeof key === 'string' ? key : this.#encoding.graph.value(key, this.#id, labelOf(key));
      this.#replace(part.keyRange, value);
    }
  }

  takeStaticState(privateState: ReadonlyMap<string, unknown>): void {
    for (const block of this.#parts.staticBlocks) this.edit.cover(block);
    const holder = this.edit.freshName(2);
    const values: (readonly [string, Value])[] = [];
    for (const field of this.#parts.staticFields) {
      if (field.key?.startsWith('#')) values.push(...this.#takePrivate(field, field.key, privateState, holder));
      else this.#takePublic(field);
    }
    if (values.length === 0 || holder === null) return;
    this.privateStatics = { holder, values };
    const setters = values.map(([name]) => `${holder}[${JSON.stringify(name)}]=v=>{this.${name}=v};`);
    this.edit.insert(this.#parts.end, `static{${setters.join('')}}`);
  }

  #takePublic(field: StaticFieldPart): void {
    const { value } = Object.getOwnPropertyDescriptor(this.#target, field.key ?? '') ?? {};
    const canTravel = field.key === null || this.#encoding.graph.attempt(value, this.#id, field.key) !== null;
    if (canTravel || field.initialiser === null) this.edit.cover(field.range, ';');
    else this.initialisedAnew.push(field.key ?? '');
  }

  /** Nothing, where it keeps its initialiser. */
  #takePrivate(
    { initialiser }: StaticFieldPart,
    name: string,
    privateState: ReadonlyMap<string, unknown>,
    holder: string | null,
  ): (readonly [name: string, value: Value])[] {
    const isReadable = privateState.has(name) && holder !== null;
    const taken = isReadable ? this.#encoding.graph.attempt(privateState.get(name), this.#id, name) : null;
    if (taken === null) {
      this.initialisedAnew.push(name);
      return [];
    }
    if (initialiser !== null) this.edit.cover(initialiser, ';');
    return [[name, taken.value]];
  }

  #replace(range: { readonly start: number; readonly end: number }, value: Value): void {
    const name = this.edit.freshName(/^.{2}/.test(this.edit.text.slice(range.start, range.end)) ? 2 : 1);
    if (name === null) return; // a source that uses every short name keeps its own expression
    this.edit.cover(range, name);
    this.given.push([name, value]);
  }
}

/** Private static state cannot be read without an inspector, so all of it is made again. */
const runsStatics = ({ staticFields, staticBlocks }: ClassParts, { inspection }: Encoding): boolean =>
  inspection === null && staticFields.length + staticBlocks.length > 0;

/** The key of a computed method that is no longer there; it is deleted at once. */
const DELETED = 'servelab: deleted';

/** Says whose it is. A mark on it travels, also when nothing else reaches it. */
function claim({ part, key, method }: MatchedMember, id: number, { graph }: Encoding): Value[] {
  const keyValue = typeof key === 'string' ? key : graph.value(key, id, labelOf(key));
  const belongings = belongingsOf(method, keysPutOn(method), graph, id);
  graph.settle(method, { type: 'member', of: [id], side: part.side, key: keyValue, as: part.as, ...belongings });
  return Object.keys(belongings).length === 0 ? [] : [graph.value(method, id, labelOf(key))];
}

function staticBelongings(
  target: Callable,
  matched: readonly MatchedMember[],
  kept: ReadonlySet<string | symbol>,
  parts: ClassParts,
  id: number,
  encoding: Encoding,
): Belongings {
  const keys = keysFromOutside(target, 'static', matched).filter(
    (key) => !kept.has(key) && !isNaturalOfFunction(target, key),
  );
  const deleted = deletedKeys(target, 'static', parts);
  const parent: unknown = Object.getPrototypeOf(target);
  const isNatural = parts.heritage !== null || parent === Function.prototype;
  return {
    ...belongingsOf(target, keys, encoding.graph, id),
    ...(isNatural ? {} : { prototype: encoding.graph.value(parent, id, '[[Prototype]]') }),
    ...(deleted.length === 0 ? {} : { deleted }),
  };
}

/** A prototype with anything put on from outside needs a node, also when nothing else reaches it. */
function prototypeFromOutside(
  target: Callable,
  matched: readonly MatchedMember[],
  parts: ClassParts,
  id: number,
  { graph }: Encoding,
): Value[] {
  const prototype = prototypeOf(target);
  if (prototype === null) return [];
  const isNatural =
    keysFromOutside(prototype, 'prototype', matched).every(
      (key) => key === 'constructor' && isNaturalConstructor(prototype, target),
    ) &&
    deletedKeys(prototype, 'prototype', parts).length === 0 &&
    integrityOf(prototype) === null &&
    Object.getPrototypeOf(prototype) === naturalParent(target, parts);
  return isNatural ? [] : [graph.value(prototype, id, 'prototype')];
}

/** Its keys but those that its source made as they are. */
function keysFromOutside(owner: object, side: Side, matched: readonly MatchedMember[]): (string | symbol)[] {
  const made = Map.groupBy(
    matched.filter(({ part }) => part.side === side),
    ({ key }) => key,
  );
  const integrity = integrityOf(owner);
  return Reflect.ownKeys(owner).filter((key) => {
    const { value, get, set, ...flags } = Object.getOwnPropertyDescriptor(owner, key) ?? {};
    const own = new Set((made.get(key) ?? []).map(({ method }) => method));
    const isMade = own.size > 0 && [value, get, set].every((part) => part === undefined || own.has(part));
    return !isMade || !isAsMade(flags, integrity);
  });
}

/** Whether a member's flags are those that a class gives it, or that sealing or freezing left. */
function isAsMade({ enumerable, configurable, writable }: PropertyDescriptor, integrity: Integrity | null): boolean {
  const isSealed = integrity === 'sealed' || integrity === 'frozen';
  return enumerable === false && (configurable === true || isSealed) && (writable !== false || integrity === 'frozen');
}

function deletedKeys(owner: object, side: Side, parts: ClassParts | null): string[] {
  const made = parts?.methods.filter((part) => part.side === side) ?? [];
  return [...new Set(made.map(({ key }) => key ?? DELETED))].filter((key) => !Object.hasOwn(owner, key));
}

function isNaturalConstructor(prototype: object, target: Callable): boolean {
  const { value, enumerable } = Object.getOwnPropertyDescriptor(prototype, 'constructor') ?? {};
  return value === target && enumerable === false;
}

function naturalParent(target: Callable, parts: ClassParts | null): object | null {
  if (parts === null || parts.heritage === null) return Object.prototype;
  const parent: unknown = Object.getPrototypeOf(target);
  return parent === Function.prototype ? null : prototypeOf(parent as Callable);
}
