/** Bars and sparklines, for wide and narrow places, with or without colours. */
import { type Line, type Series, type Span, span, type Tone } from './line.ts';
import type { Glyphs } from './look.ts';

export const seriesOf = (at: number): Series => `series${(((at % 6) + 6) % 6) as 0 | 1 | 2 | 3 | 4 | 5}`;

export const fillOf = (glyphs: Glyphs, at: number): string => glyphs.fills[at % glyphs.fills.length] ?? '#';

export interface Part {
  readonly share: number;
  readonly fill: string;
  readonly tone: Tone;
}

/** A bar of exactly `columns`, each part as long as its share of `whole`; what is left over is empty. */
export function splitBar(parts: readonly Part[], columns: number, empty: string, whole = 1): Line {
  const lengths = sharedOut(
    parts.map(({ share }) => share),
    columns,
    whole,
  );
  const used = lengths.reduce((total, length) => total + length, 0);
  const bars = parts.map(({ fill, tone }, at): Span => span(fill.repeat(lengths[at] ?? 0), tone));
  return [...bars, span(empty.repeat(columns - used), 'dim')].filter(({ text }) => text !== '');
}

/**
 * Columns for shares, by the largest remainder, so that they add up to what all of them together deserve. A share that
 * is not 0 has a column as long as there are enough: 1 % of the traffic is what a canary is looked at for.
 */
export function sharedOut(shares: readonly number[], columns: number, whole = 1): number[] {
  const sum = shares.reduce((total, share) => total + Math.max(0, share), 0);
  // More than the whole is shown as the whole.
  const unit = Math.max(whole, sum);
  const exact = shares.map((share) => (unit > 0 ? (Math.max(0, share) / unit) * columns : 0));
  const used = Math.min(columns, Math.round(exact.reduce((total, one) => total + one, 0)));
  const lengths = exact.map((one) => Math.floor(one));
  const byRemainder = exact.map((one, at) => ({ at, rest: one - Math.floor(one) })).sort((a, b) => b.rest - a.rest);
  for (const { at } of byRemainder) {
    if (lengths.reduce((total, length) => total + length, 0) >= used) break;
    lengths[at] = (lengths[at] ?? 0) + 1;
  }
  for (const [at, share] of shares.entries()) {
    if (share <= 0 || (lengths[at] ?? 0) > 0) continue;
    const longest = lengths.indexOf(Math.max(...lengths));
    if ((lengths[longest] ?? 0) < 2) break;
    lengths[longest] = (lengths[longest] ?? 0) - 1;
    lengths[at] = 1;
  }
  return lengths;
}

/** `share` in [0, 1] of `columns`. */
export const meter = (share: number, columns: number, { full, empty }: Glyphs, tone: Tone): Line =>
  splitBar([{ share: Math.min(1, Math.max(0, share)), fill: full, tone }], columns, empty);

/** One place for each query that there is room for, or for many of them. */
export function slots(ongoing: number, limit: number, columns: number, { slot, noSlot }: Glyphs): string {
  const used = limit <= 0 ? 0 : Math.min(columns, Math.ceil((Math.max(0, ongoing) / limit) * columns));
  return slot.repeat(used) + noSlot.repeat(columns - used);
}

/** The newest to the right, from 0 to the largest of them; a gap where nothing was known. At most `columns` wide. */
export function sparkline(values: readonly (number | null)[], columns: number, { sparks }: Glyphs): string {
  const shown = values.slice(Math.max(0, values.length - columns));
  const most = Math.max(0, ...shown.filter((value) => value !== null));
  return shown
    .map((value) => {
      if (value === null || !Number.isFinite(value)) return ' ';
      const height = most === 0 ? 0 : Math.round((Math.max(0, value) / most) * (sparks.length - 1));
      return sparks[height] ?? ' ';
    })
    .join('')
    .padStart(columns);
}
