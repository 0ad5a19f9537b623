import { type Callable, isCallable, isNative, prototypeOf, sourceOf } from './callable.ts';
import type { MemberKind, Side } from './shipment.ts';
import { isNode, membersOf, type ReadSource, type SyntaxNode } from './syntax.ts';

/** From and to, within a source. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface MethodPart {
  readonly side: Side;
  readonly as: MemberKind;
  /** Null: it is computed. */
  readonly key: string | null;
  readonly keyRange: Range;
  readonly text: string;
}

export interface StaticFieldPart {
  /** With `#`, if it is private; null: it is computed. */
  readonly key: string | null;
  readonly range: Range;
  /** From behind the key to the end of the initialiser; null: it has none. */
  readonly initialiser: Range | null;
}

/** What a class's source consists of, as far as it matters for taking it elsewhere. */
export interface ClassParts {
  readonly heritage: Range | null;
  readonly methods: readonly MethodPart[];
  readonly staticFields: readonly StaticFieldPart[];
  readonly staticBlocks: readonly Range[];
  /** What only its instances have, with `#`; methods with `()`. */
  readonly privateNames: readonly string[];
  /** Whether the key of a field of its instances has to be computed. */
  readonly hasComputedField: boolean;
  /** Where the closing brace stands. */
  readonly end: number;
}

export function classParts({ root, source, offset }: ReadSource): ClassParts {
  const range = ({ start, end }: SyntaxNode): Range => ({ start: start - offset, end: end - offset });
  const members = membersOf(root);
  const fields = members.filter(({ type }) => type === 'PropertyDefinition');
  return {
    heritage: isNode(root.superClass) ? range(root.superClass) : null,
    methods: members.flatMap((member) => methodPart(member, source, offset)),
    staticFields: fields.filter((field) => field.static === true).map((field) => staticFieldPart(field, offset)),
    staticBlocks: members.filter(({ type }) => type === 'StaticBlock').map(range),
    privateNames: members.flatMap(privateName),
    hasComputedField: fields.some((field) => field.static !== true && field.computed === true),
    end: (isNode(root.body) ? root.body.end : root.end) - 1 - offset,
  };
}

function privateName({ key, kind, static: isStatic }: SyntaxNode): string[] {
  if (isStatic === true || !isNode(key) || key.type !== 'PrivateIdentifier') return [];
  return [`#${key.name}${kind === 'method' ? '()' : ''}`];
}

function methodPart(member: SyntaxNode, source: string, offset: number): MethodPart[] {
  const { type, key, kind, computed } = member;
  if (type !== 'MethodDefinition' || kind === 'constructor' || !isNode(key) || key.type === 'PrivateIdentifier')
    return [];
  const part: MethodPart = {
    side: member.static === true ? 'static' : 'prototype',
    as: kind === 'get' || kind === 'set' ? kind : 'value',
    key: computed === true ? null : keyName(key),
    keyRange: { start: key.start - offset, end: key.end - offset },
    text: source.slice(member.start - offset, member.end - offset),
  };
  return [part];
}

function staticFieldPart({ start, end, key, computed, value }: SyntaxNode, offset: number): StaticFieldPart {
  const name = isNode(key) && computed !== true ? keyName(key) : null;
  const from = isNode(key) ? key.end - offset : 0;
  return {
    key: name,
    range: { start: start - offset, end: end - offset },
    initialiser: isNode(value) ? { start: from, end: value.end - offset } : null,
  };
}

function keyName({ type, name, value }: SyntaxNode): string {
  if (type === 'PrivateIdentifier') return `#${name}`;
  return type === 'Identifier' ? String(name) : String(value);
}

/** A method or accessor that a class has now, and the place in its source that made it. */
export interface MatchedMember {
  readonly part: MethodPart;
  readonly key: string | symbol;
  readonly method: Callable;
}

/** What of a class is still as its source made it; everything else was put on from outside. */
export function matchMembers(target: Callable, { methods }: ClassParts): MatchedMember[] {
  const left = new Set(methods);
  const matched: MatchedMember[] = [];
  for (const found of methodsOf(target)) {
    const part = [...left].find((candidate) => isMadeBy(candidate, found));
    if (part === undefined) continue;
    left.delete(part);
    matched.push({ part, key: found.key, method: found.method });
  }
  return matched;
}

interface FoundMethod {
  readonly side: Side;
  readonly key: string | symbol;
  readonly as: MemberKind;
  readonly method: Callable;
}

function* methodsOf(target: Callable): Generator<FoundMethod> {
  for (const side of ['static', 'prototype'] as const) {
    const owner = side === 'static' ? target : (prototypeOf(target) ?? {});
    for (const key of Reflect.ownKeys(owner)) {
      const descriptor = Object.getOwnPropertyDescriptor(owner, key) ?? {};
      for (const as of ['value', 'get', 'set'] as const) {
        const method: unknown = descriptor[as];
        if (isCallable(method) && !isNative(method)) yield { side, key, as, method };
      }
    }
  }
}

function isMadeBy(part: MethodPart, { side, key, as, method }: FoundMethod): boolean {
  if (part.side !== side || part.as !== as || (part.key !== null && part.key !== key)) return false;
  const text = sourceOf(method);
  return part.text.endsWith(text) && /^(?:static\b|$)/.test(part.text.slice(0, -text.length));
}
