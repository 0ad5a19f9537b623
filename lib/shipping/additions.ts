import { type Callable, ownMethods, prototypeOf } from './callable.ts';
import { isNode, membersOf, type ReadSource } from './syntax.ts';

const OWN_BY_NATURE = new Set(['length', 'name', 'prototype', 'arguments', 'caller']);

/**
 * What was put on a function or class from outside, which its source does not hold, as one phrase each.
 *
 * Only what would be missed: methods of a class, and properties that the source itself speaks of.
 */
export function additionsTo(target: Callable, read: ReadSource): string[] {
  const members = read.form === 'class' ? membersOf(read.root) : [];
  // A static block may have added anything, and then adds it in the replica, too.
  if (members.some(({ type }) => type === 'StaticBlock')) return [];
  const methods = read.form === 'class' ? [...ownMethods(prototypeOf(target) ?? {})] : [];
  const statics = members.filter((member) => member.static === true);
  const written = new Set(statics.map(({ key }) => (isNode(key) ? (key.name ?? key.value) : null)));
  const isComputed = statics.some(({ computed }) => computed === true);
  return [
    ...methods
      .filter(([, method]) => !read.source.includes(Function.prototype.toString.call(method)))
      .map(([name]) => `its method '${name}' was put on from outside; write it in the class`),
    ...Object.getOwnPropertyNames(target)
      .filter(
        (name) => !OWN_BY_NATURE.has(name) && !written.has(name) && !isComputed && read.source.includes(`.${name}`),
      )
      .map((name) => `it uses its property '${name}', which was put on from outside; set it inside`),
  ];
}
