import { types } from 'node:util';
import { builtInAt } from './built-in-path.ts';
import type { BuiltIns } from './built-ins.ts';

/** What a built-in constructor makes anew from plain arguments. */
export interface Construction {
  readonly by: readonly string[];
  readonly args: readonly unknown[];
  /** The properties that the constructor makes; others were put on it. */
  readonly madeKeys: readonly (string | symbol)[];
}

/** By the constructor; what is only dressed up as one of them throws when it is asked. */
const ARGUMENTS: Readonly<Record<string, (value: never) => readonly unknown[]>> = {
  URL: (url: URL) => [url.href],
  URLSearchParams: (params: URLSearchParams) => [params.toString()],
  Headers: (headers: Headers) => [[...headers]],
  TextEncoder: ({ encoding }: InstanceType<typeof TextEncoder>) => [encoding].slice(1),
  TextDecoder: ({ encoding, fatal, ignoreBOM }: InstanceType<typeof TextDecoder>) => [encoding, { fatal, ignoreBOM }],
  DOMException: ({ message, name }: DOMException) => [message, name],
  'Intl.Locale': (locale: Intl.Locale) => [locale.toString()],
  'Intl.Collator': resolved,
  'Intl.DateTimeFormat': resolved,
  'Intl.DisplayNames': resolved,
  'Intl.DurationFormat': resolved,
  'Intl.ListFormat': resolved,
  'Intl.NumberFormat': resolved,
  'Intl.PluralRules': resolved,
  'Intl.RelativeTimeFormat': resolved,
  'Intl.Segmenter': resolved,
};

export const CONSTRUCTED: ReadonlySet<string> = new Set(Object.keys(ARGUMENTS));

/** Null for an object that is no such thing. */
export function constructionOf(value: object, builtIns: BuiltIns): Construction | null {
  if (types.isDate(value)) return { by: ['Date'], args: [Date.prototype.getTime.call(value)], madeKeys: [] };
  if (types.isRegExp(value)) return { by: ['RegExp'], args: [value.source, value.flags], madeKeys: [] };
  for (let at: object | null = Object.getPrototypeOf(value); at !== null; at = Object.getPrototypeOf(at)) {
    const path = builtIns.pathOf(at);
    const name = path?.slice(0, -1).join('.').replace('node:util.', '').replace('node:url.', '') ?? '';
    const argumentsOf = ARGUMENTS[name] as ((value: object) => readonly unknown[]) | undefined;
    const args = argumentsOf === undefined ? null : attempt(() => argumentsOf(value));
    if (args === null) continue;
    const by = name.split('.');
    return { by, args, madeKeys: Reflect.ownKeys(Reflect.construct(builtInAt(by) as ObjectConstructor, [...args])) };
  }
  return null;
}

function resolved(formatter: { resolvedOptions(): { readonly locale: string } }): readonly unknown[] {
  const options = formatter.resolvedOptions();
  return [options.locale, { ...options }];
}

function attempt<Result>(make: () => Result): Result | null {
  try {
    return make();
  } catch {
    return null;
  }
}
