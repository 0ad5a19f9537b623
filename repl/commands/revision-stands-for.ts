import type { HistoryEntry } from '../../lib/index.ts';

/**
 * The revision that made the state a revision has: of a rollback the one that it went back to, and so on. So undoing
 * takes back one change after the other, and not the undoing before it, in a later session too. 0: nothing at all, as
 * it is after `emptied`. Pure.
 */
export function standsFor(
  revision: number,
  entries: readonly HistoryEntry[],
  emptied: ReadonlySet<number> = new Set(),
): number {
  if (emptied.has(revision)) return 0;
  const entry = entries.find((one) => one.revision === revision);
  const [, to] = (entry?.operation === 'rollback' && /revision (\d+)$/.exec(entry.summary)) || [];
  // An earlier one by what a journal is: the walk ends.
  return to === undefined || Number(to) >= revision ? revision : standsFor(Number(to), entries, emptied);
}
