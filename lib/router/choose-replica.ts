/** A replica as a router sees it when it chooses. */
export interface Candidate {
  /** It has refused and not yet said that it has room, or has all the queries it may have. */
  readonly isFull: boolean;
  /** Queries it holds, of all routers. */
  readonly ongoing: number;
}

/**
 * The index of the replica with the fewest ongoing queries that is not full; -1: none.
 *
 * Pure. Equal loads are served in turn: the search begins at `turn`, one past the last choice. Source: Ray Serve 1.x,
 * which takes the next replica with a free slot.
 */
export function chooseReplica(candidates: readonly Candidate[], turn: number): number {
  let best = -1;
  let fewest = Number.POSITIVE_INFINITY;
  const count = candidates.length;
  for (let step = 0; step < count; step++) {
    const index = (turn + step) % count;
    const candidate = candidates[index];
    if (!candidate || candidate.isFull || candidate.ongoing >= fewest) continue;
    best = index;
    fewest = candidate.ongoing;
    if (fewest === 0) break;
  }
  return best;
}
