/** What a thread of a hand-made pool does: answers what it is sent, or the greeting. */
import { NOOP_ANSWER } from '../work.ts';

export default function task(given: unknown): unknown {
  return given ?? NOOP_ANSWER;
}
