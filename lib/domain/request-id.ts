/**
 * A source of request ids, `<random>-<count>`: unique without a draw for each. `random` draws in [0, 1);
 * ids are no secrets, so `Math.random` does, and saves replicas the 8 ms that node:crypto takes to load.
 */
export function newIdSource(random: () => number, prefix = ''): () => string {
  const drawn = Math.floor(random() * 2 ** 48).toString(36);
  const start = `${prefix === '' ? '' : `${prefix}-`}${drawn}-`;
  let count = 0;
  return () => start + (count++).toString(36);
}
