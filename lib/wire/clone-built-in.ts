/** Objects that are neither plain nor our own, on their way between threads. */
import { types } from 'node:util';
import { ServeError } from '../errors.ts';

/**
 * Structured clone of a language's or Node's own kind of object (Date, Error, Blob, ...); null: an instance of a user's
 * class, which travels as its fields. Throws NOT_SERIALIZABLE.
 */
export function cloneBuiltIn(value: object, path: string): object | null {
  const name = value.constructor?.name ?? 'object';
  if (isUserClass(value)) {
    if (hasPrivateState(value)) {
      throw notSerializable(path, `is a ${name}, whose #private state cannot travel`, 'send plain data');
    }
    return null;
  }
  try {
    return structuredClone(value);
  } catch (error) {
    throw notSerializable(path, `is a ${name}, which cannot be copied (${reasonOf(error)})`, 'send plain data');
  }
}

/** Whether V8's serializer alone carries such an object. Node's own, and shared memory, stay in their process. */
export const crossesProcesses = (value: object): boolean =>
  types.isDate(value) ||
  types.isRegExp(value) ||
  types.isArrayBuffer(value) ||
  types.isBoxedPrimitive(value) ||
  (types.isNativeError(value) && !(value instanceof DOMException));

const NATIVE_CODE = /\{\s*\[native code\]\s*\}\s*$/;

/** Classes written in JavaScript by users; what Node and the language bring along is left to structured clone. */
function isUserClass(value: object): boolean {
  const Kind: unknown = value.constructor;
  if (typeof Kind !== 'function' || types.isNativeError(value)) return false;
  if (Reflect.get(globalThis, Kind.name) === Kind) return false;
  return !NATIVE_CODE.test(Function.prototype.toString.call(Kind));
}

const COMMENTS_AND_STRINGS =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/g;
const PRIVATE_NAME = /[;{}\s*]#[\p{ID_Start}_$]/u;
const privateStateByClass = new WeakMap<object, boolean>();

/** Of its class, or of a class that one extends. */
function hasPrivateState(value: object): boolean {
  for (let owner = Object.getPrototypeOf(value); owner !== null; owner = Object.getPrototypeOf(owner)) {
    const Kind: unknown = Object.getOwnPropertyDescriptor(owner, 'constructor')?.value;
    if (typeof Kind === 'function' && namesPrivateState(Kind)) return true;
  }
  return false;
}

function namesPrivateState(Kind: object): boolean {
  let known = privateStateByClass.get(Kind);
  if (known === undefined) {
    known = PRIVATE_NAME.test(Function.prototype.toString.call(Kind).replace(COMMENTS_AND_STRINGS, ''));
    privateStateByClass.set(Kind, known);
  }
  return known;
}

export function notSerializable(path: string, found: string, next: string, cause?: unknown): ServeError {
  const message = `${path} ${found}; it cannot be sent between threads: ${next}`;
  return new ServeError('NOT_SERIALIZABLE', message, cause === undefined ? undefined : { cause });
}

/** What a thrown value says, whatever it is. */
export function reasonOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'what it threw cannot be shown';
  }
}
