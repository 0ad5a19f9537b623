import * as assert from 'uvu/assert';
import { ServeError } from '../../lib/errors.ts';

/** One test per case: the given value, and a part of the message of its INVALID_ARGUMENT. */
export function refuses(
  test: (title: string, run: () => void) => void,
  resolve: (given: unknown) => unknown,
  cases: readonly (readonly [unknown, string])[],
): void {
  for (const [given, message] of cases) {
    test(`${resolve.name} refuses: ${message.slice(0, 80)}`, () => {
      assert.throws(
        () => resolve(given),
        (error: unknown) =>
          error instanceof ServeError && error.code === 'INVALID_ARGUMENT' && error.message.includes(message),
      );
    });
  }
}
