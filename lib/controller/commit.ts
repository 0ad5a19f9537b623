/** How a change is made ready, written down, and put in force. */

/** What is done with a commit: `check` right before it, which may throw, and `act` right after it. */
export interface Step {
  check?(): void;
  act(): void;
}

/** Writes the change down, and then does the step at once. Rejects with nothing done. */
export type Commit = (step: Step) => Promise<void>;

/** Makes something ready and commits it; when that is refused, it is as before. */
export type Preparation = (commit: Commit) => Promise<void>;

/** Several as one: all in force by one commit, or none. */
export const together =
  (preparations: readonly Preparation[]): Preparation =>
  (commit) => {
    const [first, ...others] = preparations;
    if (first === undefined) return commit({ act() {} });
    return first((step) => together(others)((rest) => commit(bothOf(step, rest))));
  };

export const bothOf = (first: Step, second: Step): Step => ({
  check() {
    first.check?.();
    second.check?.();
  },
  act() {
    first.act();
    second.act();
  },
});
