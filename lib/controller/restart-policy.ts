/** The first pause, doubled with each further death, up to the longest; in ms. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;
/** A replica that has run so long counts as healthy: its next death is the first again; in ms. */
export const HEALTHY_AFTER_MS = 60_000;

/**
 * How long to wait before a replica is started again, in ms, after `deaths` in a row (>= 1). The first death is made
 * good at once. Pure. Source: Kubernetes' crash-loop back-off, with times for somebody who watches.
 */
export function restartPauseMs(deaths: number): number {
  if (deaths <= 1) return 0;
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (deaths - 2));
}

/** Deaths in a row, counting one now, of an incarnation that ran for `ranMs` after `before` deaths. Pure. */
export function deathsInARow(before: number, ranMs: number): number {
  return ranMs >= HEALTHY_AFTER_MS ? 1 : before + 1;
}

/** How often a backend's constructors may fail in total before its creation fails. Source: Ray Serve. */
export function constructorTries(numReplicas: number): number {
  return Math.min(3 * numReplicas, 20);
}
