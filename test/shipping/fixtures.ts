import { existsSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { ServeError, type ServeErrorCode } from '../../lib/errors.ts';

/** The URL of a fixture: plain TypeScript beside the compiled tests' package root. */
export function fixtureUrl(name: string): string {
  let root = new URL('.', import.meta.url);
  while (!existsSync(new URL('test/fixtures/shipping/', root)) && root.pathname !== '/') root = new URL('..', root);
  return new URL(`test/fixtures/shipping/${name}`, root).href;
}

export function failure(act: () => unknown): ServeError {
  try {
    act();
  } catch (error) {
    assert.instance(error, ServeError);
    return error as ServeError;
  }
  assert.unreachable('it did not throw');
  throw new Error('unreachable');
}

export function throwsCode(act: () => unknown, code: ServeErrorCode, ...patterns: RegExp[]): void {
  const error = failure(act);
  assert.is(error.code, code, error.message);
  for (const pattern of patterns) assert.match(error.message, pattern);
}

/** A promise's rejection, which must be of this code. */
export async function fails(
  promise: Promise<unknown>,
  code: ServeErrorCode,
  ...patterns: readonly RegExp[]
): Promise<ServeError> {
  const error = await promise.then(
    () => assert.unreachable('it did not reject'),
    (thrown: unknown) => thrown,
  );
  throwsCode(
    () => {
      throw error;
    },
    code,
    ...patterns,
  );
  return error as ServeError;
}

/** File, line and column of the first frame of a stack. */
export const firstFrame = (error: unknown): string =>
  /(?:\(|at (?:async )?)((?:file:|\/|backend |REPL)[^()\n]*:\d+:\d+)\)?$/m.exec((error as Error).stack ?? '')?.[1] ??
  '';
