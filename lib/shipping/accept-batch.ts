import { ServeError } from '../errors.ts';
import { type Callable, isCallable, isClass, isNative, ownMethods, prototypeOf } from './callable.ts';
import type { Batched } from './shipment.ts';

/** Registered, so that a mark is known to another copy of the toolkit and in every thread. */
const BATCHED = Symbol.for('servelab.acceptBatch');

/**
 * Marks a function, or a class with all its public methods, as taking arrays, and returns it.
 *
 * What is marked gets an array of what it would have got alone, and returns an array of the same length.
 * Also a standard decorator of methods and classes. Throws INVALID_ARGUMENT. Source: Ray Serve `accept_batch`.
 */
export function acceptBatch<Target extends Callable>(target: Target, context?: DecoratorContext): Target {
  if (!isCallable(target)) {
    throw new ServeError('INVALID_ARGUMENT', `acceptBatch takes a function or a class, got ${describeType(target)}`);
  }
  refuseWrongPlace(context);
  if (!isBatchMarked(target) && !Reflect.defineProperty(target, BATCHED, { value: true })) {
    throw new ServeError('INVALID_ARGUMENT', `acceptBatch cannot mark '${target.name}': it is frozen`);
  }
  return target;
}

/** True for what `acceptBatch` marked itself; a class does not inherit the mark, its `batchedMethods` do. */
export const isBatchMarked = (target: unknown): boolean => isCallable(target) && Object.hasOwn(target, BATCHED);

/**
 * The methods of a class that take arrays, those of its user-written parents included; 'all' when it is marked itself.
 * An override decides for itself: a marked parent covers only what the child left as it was.
 */
export function batchedMethods(target: Callable): 'all' | ReadonlySet<string> {
  if (isBatchMarked(target)) return 'all';
  const marked = new Set<string>();
  const seen = new Set<string>();
  for (const owner of lineage(target)) {
    for (const [name, method] of ownMethods(prototypeOf(owner) ?? {})) {
      if (!seen.has(name) && (isBatchMarked(owner) || isBatchMarked(method))) marked.add(name);
      seen.add(name);
    }
  }
  return marked;
}

/** What takes arrays, of a function or a class, as a shipment says it. */
export function batchedOf(target: Callable): Batched {
  if (!isClass(target)) return isBatchMarked(target) ? 'all' : 'none';
  const methods = batchedMethods(target);
  if (methods === 'all') return 'all';
  return methods.size > 0 ? [...methods] : 'none';
}

/** Puts the marks of a shipment on its revived target: the marks set from outside are not in the source. */
export function applyMarks(target: Callable, batched: Batched): void {
  if (batched === 'none') return;
  if (batched === 'all') {
    acceptBatch(target);
    return;
  }
  const methods = ownMethods(prototypeOf(target) ?? {});
  for (const name of batched) {
    const method = methods.get(name);
    if (method !== undefined) acceptBatch(method);
  }
}

/** A class and its user-written parents, nearest first. */
function* lineage(target: Callable): Generator<Callable> {
  for (let owner: unknown = target; isCallable(owner) && !isNative(owner); owner = Object.getPrototypeOf(owner)) {
    yield owner;
  }
}

function refuseWrongPlace(context: DecoratorContext | undefined): void {
  // `[f, g].map(acceptBatch)` passes an index: only an object with a kind is a decorator's context.
  if (typeof context !== 'object' || context === null) return;
  const { kind, name } = context;
  if (kind === 'class' || (kind === 'method' && !context.static && !context.private)) return;
  throw new ServeError(
    'INVALID_ARGUMENT',
    `acceptBatch decorates public methods and classes, got ${placeOf(context)} '${String(name)}'`,
  );
}

const placeOf = (context: DecoratorContext): string =>
  context.kind === 'method' ? `a ${context.private ? 'private' : 'static'} method` : `a decorated ${context.kind}`;

const describeType = (value: unknown): string => (value === null ? 'null' : typeof value);
