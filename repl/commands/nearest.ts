import { closest, distance } from 'fastest-levenshtein';

/** `; did you mean x?`, or nothing where no known name is near: at most two in five letters may differ. */
export function didYouMean(given: string, known: readonly string[], prefix = ''): string {
  if (known.length === 0) return '';
  // A huge one is near nothing, and takes long to compare.
  const wanted = given.slice(0, 100).toLowerCase();
  const nearest = closest(wanted, [...known]);
  const limit = Math.max(wanted.length < 4 ? 1 : 2, Math.floor(Math.min(wanted.length, nearest.length) * 0.4));
  return distance(wanted, nearest.toLowerCase()) <= limit ? `; did you mean ${prefix}${nearest}?` : '';
}
