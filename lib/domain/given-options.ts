import { ServeError } from '../errors.ts';
import { invalidValue, isPlainObject, quote } from './given-value.ts';
import { nearestName } from './names.ts';

/**
 * The options of a plain object, by name, each read once; `undefined` as a whole = none given.
 *
 * `what` names them in messages: 'backend' gives `unknown backend option 'numReplica'; did you mean 'numReplicas'?`.
 * A map, so that a key called `__proto__` is only an unknown name. Throws INVALID_ARGUMENT.
 */
export function readGivenOptions(what: string, given: unknown, known: readonly string[]): ReadonlyMap<string, unknown> {
  if (given === undefined) return new Map();
  if (!isPlainObject(given)) throw invalidValue(`${what} options`, 'a plain object', given);
  const options = new Map(Object.entries(given));
  for (const name of options.keys()) if (!known.includes(name)) throw unknownOption(what, name, known);
  return options;
}

function unknownOption(what: string, name: string, known: readonly string[]): ServeError {
  const nearest = nearestName(name, known);
  const next = nearest === null ? `known: ${known.join(', ')}` : `did you mean '${nearest}'?`;
  return new ServeError('INVALID_ARGUMENT', `unknown ${what} option ${quote(name)}; ${next}`);
}
