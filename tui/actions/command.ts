/** What `:` takes. Each command says how it is used, what may come next, and what it would do; it does nothing by itself. */
import type { ServeStatus } from '../../lib/index.ts';
import type { Look } from '../frame/look.ts';
import type { Effect } from '../ui/context.ts';
import type { Ui } from '../ui/ui.ts';
import type { Plan } from './plan.ts';

export interface CommandContext {
  /** What is; null: nothing has been seen yet. */
  readonly status: ServeStatus | null;
  readonly ui: Ui;
  readonly look: Look;
  /** Null: things may be changed. */
  readonly readonlyReason: string | null;
}

export type Outcome =
  | { readonly type: 'plan'; readonly plan: Plan }
  | { readonly type: 'show'; readonly ui: Ui }
  | { readonly type: 'effect'; readonly effect: Effect };

export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly about: string;
  /** What may stand at the place of the word number `at`, from 0, behind the name. */
  complete(words: readonly string[], at: number, context: CommandContext): readonly string[];
  /** Throws a CommandError. */
  read(words: readonly string[], context: CommandContext): Outcome;
}

/** What is wrong with what was typed; `usage` is shown with it. */
export class CommandError extends Error {}

/** A value as it is typed at the prompt. Names of backends and endpoints need no more escaping than this. */
export function literal(value: unknown): string {
  if (typeof value === 'string') return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  const fields = Object.entries(value).map(
    ([key, field]) => `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : literal(key)}: ${literal(field)}`,
  );
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

export function requireStatus({ status, readonlyReason }: CommandContext): ServeStatus {
  if (readonlyReason !== null) throw new CommandError(readonlyReason);
  if (status === null) throw new CommandError('there is no instance');
  return status;
}

export function requireWord(words: readonly string[], at: number, what: string): string {
  const word = words[at];
  if (word === undefined || word === '') throw new CommandError(`${what} is missing`);
  return word;
}

export function requireNoMore(words: readonly string[], most: number): void {
  const more = words[most];
  if (more !== undefined) throw new CommandError(`'${more}' is too much`);
}

/** One of these names, or the only one that ends with it behind a `:`, as `v1` is of `resnet:v1`. */
export function requireName(given: string, kind: 'endpoint' | 'backend', names: readonly string[]): string {
  if (names.includes(given)) return given;
  const ends = names.filter((name) => name.endsWith(`:${given}`));
  const [only] = ends;
  if (only !== undefined && ends.length === 1) return only;
  if (ends.length > 1) throw new CommandError(`'${given}' may be ${ends.join(' or ')}`);
  const there =
    names.length === 0 ? 'there is none yet' : `there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`;
  throw new CommandError(`no ${kind} '${given}': ${there}`);
}

export function requireNumber(word: string, what: string): number {
  const value = Number(word);
  if (word.trim() === '' || !Number.isFinite(value))
    throw new CommandError(`${what} is a number, and '${word}' is none`);
  return value;
}
