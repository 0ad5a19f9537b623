import type { Callback, Test } from 'uvu';

export interface Requirement {
  readonly available: boolean;
  /** What is missing when it is not: `wrk is not installed`. */
  readonly why: string;
  /** The machine itself does not allow it, whatever is installed. */
  readonly isForbidden?: boolean;
}

/**
 * Registers a test that needs something a machine may lack. Where it is missing the test is skipped and says why;
 * with SERVELAB_REQUIRE_ALL=1, as in `.ci/run`, what could be installed makes it fail instead.
 */
export function requireOrSkip<T>(test: Test<T>, name: string, needs: Requirement, handler: Callback<T>): void {
  if (needs.available) {
    test(name, handler);
  } else if (process.env.SERVELAB_REQUIRE_ALL === '1' && !needs.isForbidden) {
    test(name, () => {
      throw new Error(`${needs.why}, and SERVELAB_REQUIRE_ALL is set`);
    });
  } else {
    test.skip(name);
    console.log(`skipped: ${name} (${needs.why})`);
  }
}
