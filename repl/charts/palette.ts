/**
 * Colours that can be told from white and from near-black alike, as a picture does not know where it will stand: a
 * contrast of 3.3 or more to both, and 4 where it is text.
 */
export const SERIES = ['#2a7ab8', '#e0631b', '#12a079', '#b2559a', '#948300', '#8b5a3c'] as const;

/** With the same colour again a line is told by its dashes. */
const DASHES = ['', '7 3', '2 3'] as const;

/** Texts and axes. */
export const INK = '#767b84';

export const FAILURE = '#d93a3a';
export const WARNING = '#b07d00';

export const colorOf = (at: number): string => SERIES[at % SERIES.length] ?? INK;

/** '' for none. */
export const dashOf = (at: number): string => DASHES[Math.floor(at / SERIES.length) % DASHES.length] ?? '';
