/** Values as columns of characters: what every chart of columns is drawn with, on the screen and at the prompt. Pure. */

interface Columns {
  readonly rows: number;
  /** Low to high. */
  readonly sparks: readonly string[];
  /** As high as all rows. Default: the largest of them. */
  readonly most?: number;
}

/** From the top, a string each, from 0 up; null: a gap. */
export function columnRows(
  values: readonly (number | null)[],
  { rows, sparks, most = largestOf(values) }: Columns,
): readonly string[] {
  const cell = (value: number | null, floor: number): string => {
    if (value === null || most === 0) return ' ';
    const steps = Math.ceil((value / most) * rows * sparks.length) - floor * sparks.length;
    return steps <= 0 ? ' ' : (sparks[Math.min(steps, sparks.length) - 1] ?? ' ');
  };
  return Array.from({ length: rows }, (_, row) => values.map((value) => cell(value, rows - 1 - row)).join(''));
}

/** At least 0. */
export const largestOf = (values: readonly (number | null)[]): number =>
  values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);

/** At most 0. */
export const leastOf = (values: readonly (number | null)[]): number =>
  values.reduce<number>((least, value) => Math.min(least, value ?? 0), 0);

/** As many as there is room for: neighbours together, the largest of them counts, so that no peak is lost. */
export function grouped(values: readonly (number | null)[], columns: number): (number | null)[] {
  if (values.length <= columns) return [...values];
  const size = values.length / columns;
  return Array.from({ length: columns }, (_, at) => {
    const group = values.slice(Math.floor(at * size), Math.max(Math.floor((at + 1) * size), Math.floor(at * size) + 1));
    const known = group.filter((value) => value !== null);
    return known.length === 0 ? null : Math.max(...known);
  });
}
