import type { BackendTag } from './backend.ts';
import type { TrafficPolicy } from './traffic-policy.ts';

/** A running hash of 2 x 32 bits: murmur3's block step, with other constants in each half. */
interface HashState {
  readonly low: number;
  readonly high: number;
}

const SEED: HashState = { low: 0x9747b28c, high: 0x2f6b1d95 };

/**
 * The backend that answers every query with this shard key, in every process, whatever the order of the weights.
 *
 * Weighted rendezvous hashing: each backend draws -ln(u) / weight with u from the hash of key and tag, the smallest
 * wins. These are exponential draws with rate `weight`, so a backend's share of keys is its weight. A backend's draw
 * depends on its own weight alone: with two backends exactly the change in weight moves, with more at most 2d / (1 + d)
 * of the keys for a total variation d, and removing a backend moves only its own keys. Cumulative ranges (one hash of
 * the key against the running sum of the weights) were rejected: with several backends a changed weight moves the
 * ranges of all that follow. O(length of key and tags) time, O(1) memory.
 * Source: Schindelhauer and Schomaker, Weighted Distributed Hash Tables, SPAA 2005 (logarithmic method); Thaler and
 * Ravishankar, Using Name-Based Mappings to Increase Hit Rates, 1998. The call: Ray Serve 1.x shard keys.
 */
export function chooseByShardKey({ weights }: TrafficPolicy, shardKey: string): BackendTag {
  const only = weights.length === 1 ? weights[0] : undefined;
  if (only !== undefined) return only[0];
  const ofKey = absorbText(SEED, shardKey);
  let least = Number.POSITIVE_INFINITY;
  let chosen: BackendTag | null = null;
  for (const [tag, weight] of weights) {
    if (weight <= 0) continue;
    const score = -Math.log(unitOf(absorbText(ofKey, tag))) / weight;
    if (chosen !== null && score >= least) continue;
    least = score;
    chosen = tag;
  }
  if (chosen === null) throw new Error('a traffic policy without a positive weight was built');
  return chosen;
}

/** The state after one more text. Its length goes in too, so that 'a' + 'bc' and 'ab' + 'c' differ. */
function absorbText(state: HashState, text: string): HashState {
  let { low, high } = state;
  for (let at = 0; at <= text.length; at += 1) {
    const unit = at < text.length ? text.charCodeAt(at) : 0x10000 + text.length;
    low = Math.imul(rotate(low ^ scramble(unit, 0xcc9e2d51, 0x1b873593), 13), 5) + 0xe6546b64;
    high = Math.imul(rotate(high ^ scramble(unit, 0x239b961b, 0x38b34ae5), 15), 5) + 0x561ccd1b;
  }
  return { low, high };
}

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

const scramble = (unit: number, first: number, second: number): number =>
  Math.imul(rotate(Math.imul(unit, first), 15), second);

/** A number strictly between 0 and 1, one of 2^52: with 53 bits the largest would round to 1 and score 0. */
function unitOf({ low, high }: HashState): number {
  const mixedLow = avalanche(low ^ rotate(high, 16));
  const mixedHigh = avalanche(high ^ mixedLow);
  return ((mixedHigh >>> 12) * 2 ** 32 + (mixedLow >>> 0) + 0.5) / 2 ** 52;
}

/** murmur3's finaliser: every bit in changes every bit out with probability 1/2. */
function avalanche(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
