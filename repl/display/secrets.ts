/** What nobody means to print: a screen is shared, a notebook is committed. */
import { isProxy } from 'node:util/types';

const SECRET_NAME =
  /(?:^|[_\-.])(?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|private[_-]?key|credential|authorization|cookie)s?$|(?:Password|Secret|Token|ApiKey|PrivateKey|Credential)s?$/i;

/** Levels that are looked into. */
const MOST_LEVELS = 4;
/** Of one object or list. */
const MOST_FIELDS = 1000;

/** The value itself where it holds no secret; else a copy without them. Only plain objects and lists are looked into. */
export const withoutSecrets = (value: unknown): unknown => hidden(value, MOST_LEVELS, new Set());

function hidden(value: unknown, levels: number, above: Set<unknown>): unknown {
  if (levels === 0 || typeof value !== 'object' || value === null || isProxy(value) || above.has(value)) return value;
  if (!Array.isArray(value) && !isRecord(value)) return value;
  const entries = Object.entries(Object.getOwnPropertyDescriptors(value));
  if (entries.length > MOST_FIELDS) return value;
  above.add(value);
  const changed = entries.flatMap(([name, { value: field }]): [string, unknown][] => {
    const shown = isSecret(name, field) ? new Hidden(field.length) : hidden(field, levels - 1, above);
    return shown === field ? [] : [[name, shown]];
  });
  above.delete(value);
  if (changed.length === 0) return value;
  const copy: object = Array.isArray(value)
    ? [...value]
    : Object.create(Object.getPrototypeOf(value), Object.getOwnPropertyDescriptors(value));
  for (const [name, shown] of changed) {
    Object.defineProperty(copy, name, { value: shown, enumerable: true, configurable: true, writable: true });
  }
  return copy;
}

const isSecret = (name: string, field: unknown): field is string =>
  typeof field === 'string' && field !== '' && SECRET_NAME.test(name);

/** `process.env` is one, whose prototype is its own. */
function isRecord(value: object): boolean {
  if (value === process.env) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

class Hidden {
  readonly #characters: number;

  constructor(characters: number) {
    this.#characters = characters;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toJSON();
  }

  toJSON(): string {
    return `‹hidden, ${this.#characters} characters›`;
  }
}
