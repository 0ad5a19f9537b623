/** What `.time` and `.timeit` run: a function, or the text of an expression. */
import type { CommandContext } from './command.ts';

export type Work = string | (() => unknown);

type Driver<T> = (work: () => unknown) => Promise<T>;

const DRIVER = 'servelab.driver';

/** The plain call's own argument. */
export const workText = (work: Work): string => (typeof work === 'function' ? String(work) : functionText(work));

/**
 * Gives the driver the work to run. An expression is a part of a cell, in which the driver runs it: so it sees what was
 * defined, and is interrupted as any cell is. Rejects with what it throws.
 */
export async function drive<T>({ evaluate }: CommandContext, work: Work, driver: Driver<T>): Promise<T> {
  if (typeof work === 'function') return driver(work);
  const key = Symbol.for(DRIVER);
  Reflect.set(globalThis, key, driver);
  try {
    const code = `await globalThis[Symbol.for('${DRIVER}')](\n${functionText(work)})`;
    return (await evaluate(code, 'expression', 0)) as T;
  } finally {
    Reflect.deleteProperty(globalThis, key);
  }
}

const functionText = (expression: string): string =>
  `${/\bawait\b/.test(expression) ? 'async ' : ''}() => (${expression})`;

/** Without a semicolon at its end. */
export const expressionOf = (line: string): string => line.replace(/[;\s]+$/, '');
