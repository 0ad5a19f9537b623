/** What cannot travel, as the user reads it: the way to it, what it is, and one way out. */
import { ServeError } from '../errors.ts';

/** Why something cannot travel, and what to do instead. */
export interface Refusal {
  /** What it is, shown in parentheses; null where its name says it. */
  readonly kind: string | null;
  readonly reason: string;
  readonly advice: string;
}

export interface Problem extends Refusal {
  /** The node that has it. */
  readonly node: number;
  /** From the target: `['score', 'db', 'socket']`. */
  readonly path: readonly string[];
}

const MOST_SHOWN = 5;

export const inConstructor = 'create it in the constructor, or use imported(module, export)';

/** `belongs` by default: what stands for something outside of JavaScript. */
export const refusal = (kind: string | null, reason: string, advice: string = inConstructor): Refusal => ({
  kind,
  reason,
  advice,
});

/** NOT_SHIPPABLE for a target, e.g. `function 'score'`. */
export function notShippable(target: string, problems: readonly Problem[]): ServeError {
  const shown = [...new Set(problems.map(textOf))];
  const rest = shown.length - MOST_SHOWN;
  const more = rest > 0 ? [`${rest} more`] : [];
  const text = [...shown.slice(0, MOST_SHOWN), ...more].join('. Also, ');
  return new ServeError('NOT_SHIPPABLE', `cannot ship ${target}: ${text}`);
}

const textOf = ({ path, kind, reason, advice }: Problem): string =>
  `${path.join(' → ')}${kind === null ? '' : ` (${kind})`} ${reason}; ${advice}`;

/** How a property stands in a path. */
export function labelOf(key: string | symbol): string {
  if (typeof key === 'symbol') return `[${String(key)}]`;
  return /^\d+$/.test(key) ? `[${key}]` : key === '' ? "''" : key;
}

/** How a key of a Map stands in a path. */
export function mapLabel(key: unknown): string {
  if (typeof key === 'string') return `get(${JSON.stringify(key.length > 40 ? `${key.slice(0, 40)}…` : key)})`;
  return typeof key === 'object' || typeof key === 'function' ? 'get(…)' : `get(${String(key)})`;
}
