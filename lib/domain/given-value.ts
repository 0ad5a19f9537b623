/** What every reader of user-given values shares. Pure and light: worker threads load it too. */
import { ServeError } from '../errors.ts';
import { escapeControls } from './printable.ts';

/** Node's timers fire at once beyond this, so no timeout may be longer: about 24.8 days. */
export const MAX_TIMEOUT_MS = 2_147_483_647;

const LONGEST_QUOTE = 100;

/** True for `{}`, `Object.create(null)` and literals of other realms (a prompt may run its lines in a `vm` context). */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null) return true;
  return Object.getPrototypeOf(prototype) === null && Object.prototype.toString.call(value) === '[object Object]';
}

/** Text for a message: what could forge a line escaped, clipped when long. */
export function clip(text: string): string {
  return escapeControls(text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text);
}

/** The same, between single quotes. */
export const quote = (text: string): string => `'${clip(text)}'`;

/** A value in a few words, for the "got" part of a message; never runs the value's own code. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
      return `${value}n`;
    case 'function':
      return 'a function';
    case 'symbol':
      return 'a symbol';
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
      return isPlainObject(value) ? 'an object' : 'an instance of a class';
    default:
      return String(value);
  }
}

/** `numReplicas must be an integer >= 0, got -1`. */
export function invalidValue(name: string, wanted: string, got: unknown): ServeError {
  return new ServeError('INVALID_ARGUMENT', `${name} must be ${wanted}, got ${describeValue(got)}`);
}
