/** What nobody means to print: a screen is shared, a notebook is committed. */
import { isProxy } from 'node:util/types';

const SECRET_NAME =
  /(?:^|[_\-.])(?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|private[_-]?key|credential|authorization|cookie)s?$|(?:Password|Secret|Token|ApiKey|PrivateKey|Credential)s?$/i;

/** Of a URL in a text: all up to the password, the password, which an `@` ends. */
const URL_PASSWORD = /\b([a-z][a-z\d+.-]{0,30}:\/\/[^\s/?#:@'"`]{0,200}:)([^\s/?#'"`]+)@/gi;

/** Levels that are looked into. */
const MOST_LEVELS = 4;
/** Of one object or list. */
const MOST_FIELDS = 1000;

/** The value itself where it holds no secret; else a copy without them. Only texts, URLs, plain objects and lists are looked into. */
export const withoutSecrets = (value: unknown): unknown => hidden(value, MOST_LEVELS, new Set());

function hidden(value: unknown, levels: number, above: Set<unknown>): unknown {
  if (typeof value === 'string') return withoutPasswords(value);
  if (levels === 0 || typeof value !== 'object' || value === null || isProxy(value) || above.has(value)) return value;
  if (Object.getPrototypeOf(value) === URL.prototype) return hiddenIn(value as URL);
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

const withoutPasswords = (text: string): string =>
  text.includes('://')
    ? text.replaceAll(URL_PASSWORD, (_, before: string, { length }: string) => `${before}${hiddenText(length)}@`)
    : text;

const hiddenIn = (url: URL): unknown => (url.password === '' ? url : new HiddenUrl(withoutPasswords(url.href)));

const hiddenText = (characters: number): string => `‹hidden, ${characters} characters›`;

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
    return hiddenText(this.#characters);
  }
}

/** Its `inspect` would show the password once more, as a field. */
class HiddenUrl {
  readonly #href: string;

  constructor(href: string) {
    this.#href = href;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `URL { href: '${this.#href}' }`;
  }

  toJSON(): string {
    return this.#href;
  }
}
