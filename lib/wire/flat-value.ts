/** Values that JSON gives back as they were: an atom, or a plain object of atoms. */
import { isPlainObject } from '../domain/given-value.ts';

/** Beyond so many fields V8's serializer is no dearer. */
const MOST_FIELDS = 100;

export function isFlat(value: unknown): boolean {
  if (isJsonAtom(value)) return true;
  if (!isPlainObject(value)) return false;
  const fields = Object.keys(value);
  return fields.length <= MOST_FIELDS && fields.every((field) => isJsonAtom(value[field]));
}

function isJsonAtom(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    default:
      return value === null;
  }
}
