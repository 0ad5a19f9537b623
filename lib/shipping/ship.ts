import { ServeError } from '../errors.ts';
import { batchedOf } from './accept-batch.ts';
import { additionsTo } from './additions.ts';
import { type Callable, isCallable, isClass, isNative, nameOf, prototypeOf } from './callable.ts';
import { freeVariables } from './free-variables.ts';
import { locate } from './locate.ts';
import type { Origin, Shipment, SourceShipment } from './shipment.ts';
import { findSurroundings } from './surroundings.ts';
import { isNode, membersOf, type ReadSource, readSource } from './syntax.ts';
import { isImported } from './target.ts';
import { workerGlobals } from './worker-globals.ts';

/** What the replica puts in scope of every shipped source. */
const PROVIDED = 'serve';

/**
 * Makes a backend's target ready to travel: plain data that `revive` turns back where the replica runs.
 *
 * A function or class travels as its own source, an `imported` target as the name of its module.
 * Throws NOT_SHIPPABLE, naming every variable and circumstance the source would miss, and INVALID_ARGUMENT.
 */
export function ship(target: unknown, where: { readonly initArgs: readonly unknown[] }): Shipment {
  constructorArguments(target, where.initArgs);
  if (isImported(target)) {
    const { kind, module, exportName, from } = target;
    return { kind, module, exportName, from };
  }
  if (!isCallable(target)) throw notATarget(target);
  return shipSource(target);
}

/**
 * The constructor arguments in force: those of `imported` or those of `createBackend`.
 * Throws INVALID_ARGUMENT for both, and for any with a function. Whether an import is a class, only the replica knows.
 */
export function constructorArguments(target: unknown, given: readonly unknown[]): readonly unknown[] {
  if (isImported(target) && target.initArgs !== null) {
    if (given.length === 0) return target.initArgs;
    throw new ServeError(
      'INVALID_ARGUMENT',
      'initArgs were given in imported() and in createBackend; give them in one',
    );
  }
  if (given.length > 0 && isCallable(target) && !isNative(target) && !isClass(target)) {
    throw new ServeError(
      'INVALID_ARGUMENT',
      `initArgs need a class, got ${describe(target)}; a function has no constructor`,
    );
  }
  return given;
}

function shipSource(target: Callable): SourceShipment {
  if (isNative(target)) {
    throw notShippable(target, [
      'it is bound or built-in, and JavaScript has no source of those; wrap it in a function',
    ]);
  }
  const read = readSource(Function.prototype.toString.call(target), Object.hasOwn(target, 'caller'));
  if ('unreadable' in read) throw notShippable(target, [read.unreadable]);
  const missed = missedBy(target, read);
  if (missed.length > 0) throw notShippable(target, missed);
  const { form, strict } = read;
  return {
    kind: 'source',
    form,
    name: nameOf(target),
    ...sourceAndOrigin(target, read),
    strict,
    batched: batchedOf(target),
    hasReconfigure: form === 'class' && hasReconfigure(target, read),
  };
}

/** All that the source would miss in a replica, one phrase each. */
function missedBy(target: Callable, read: ReadSource): string[] {
  const { reasons, typeofPositions } = findSurroundings(read);
  const variables = freeVariables(read, typeofPositions, new Set([...workerGlobals(), PROVIDED]));
  return [
    ...reasons,
    ...additionsTo(target, read),
    ...(variables.length === 0 ? [] : [explainVariables(target, variables)]),
  ];
}

function explainVariables(target: Callable, variables: readonly string[]): string {
  const name = nameOf(target);
  const pass = isClass(target) ? 'pass values through initArgs' : 'make it a class and pass values through initArgs';
  const ways = [
    pass,
    'import modules inside it with `await import(...)`',
    'or export it and use imported(module, export)',
  ];
  const hints = [
    ...(variables.includes('require') ? ['; `require` is not there: use `await import(...)`'] : []),
    ...(variables.includes(name) ? [`; for '${name}' itself, write the name behind \`function\` or \`class\``] : []),
  ];
  return `it uses variables from outside its own source: ${variables.join(', ')}; ${ways.join(', ')}${hints.join('')}`;
}

/** A method's key is replaced, as what computed it stays behind: its source then starts that much before its parameters. */
function sourceAndOrigin(target: Callable, read: ReadSource): { source: string; origin: Origin } {
  const { source, anchor, root, form } = read;
  if (form !== 'method') return { source, origin: locate(target, source.slice(0, anchor)) ?? unknownOrigin(target) };
  const head = `${root.async === true ? 'async ' : ''}${root.generator === true ? '*' : ''}_`;
  const origin = locate(target, '') ?? unknownOrigin(target);
  return { source: head + source.slice(anchor), origin: { ...origin, column: origin.column - head.length } };
}

const unknownOrigin = (target: Callable): Origin => ({
  file: `backend ${nameOf(target) || 'without a name'}`,
  line: 1,
  column: 1,
});

/** A field or a constructor may make it, too: then only an instance can tell, unless the field has the plain name. */
function hasReconfigure(target: Callable, { root, source }: ReadSource): boolean | null {
  const prototype = prototypeOf(target);
  if (prototype !== null && 'reconfigure' in prototype) return true;
  const isField = membersOf(root).some(
    ({ type, key, static: isStatic }) =>
      type === 'PropertyDefinition' && isStatic !== true && isNode(key) && key.name === 'reconfigure',
  );
  if (isField) return true;
  return source.includes('reconfigure') ? null : false;
}

const notShippable = (target: Callable, reasons: readonly string[]): ServeError =>
  new ServeError('NOT_SHIPPABLE', `cannot ship ${describe(target)}: ${reasons.join('. Also, ')}`);

function notATarget(target: unknown): ServeError {
  const advice =
    target instanceof Promise
      ? 'await it first'
      : typeof target === 'object' && target !== null
        ? 'give the class and its initArgs'
        : 'give the function or class itself';
  const wanted = 'a function, a class or imported(module, export)';
  return new ServeError('INVALID_ARGUMENT', `a backend must be ${wanted}, got ${describe(target)}; ${advice}`);
}

function describe(value: unknown): string {
  if (isCallable(value)) return `${isClass(value) ? 'class' : 'function'} '${nameOf(value) || '(anonymous)'}'`;
  if (value === null || value === undefined) return String(value);
  if (typeof value !== 'object') return `${typeof value} ${JSON.stringify(String(value)).slice(0, 80)}`;
  if (Array.isArray(value)) return 'an array';
  const maker: unknown = Object.getPrototypeOf(value)?.constructor;
  return isCallable(maker) && maker !== Object ? `an instance of ${nameOf(maker) || 'a class'}` : 'an object';
}
