/** Which of many rows are seen, and which of them is meant. Rows are known by their ids: their places change. */

export interface Shown<Row> {
  readonly rows: readonly Row[];
  /** Of the first of them among all. */
  readonly first: number;
}

/** Those around the selected one; the first ones when nothing is selected. */
export function visible<Row>(rows: readonly Row[], height: number, isSelected: (row: Row) => boolean): Shown<Row> {
  const selected = Math.max(0, rows.findIndex(isSelected));
  const first = Math.max(0, Math.min(selected - Math.floor(height / 2), rows.length - height));
  return { rows: rows.slice(first, first + Math.max(0, height)), first };
}

/** The id that is `step` rows further, as far as there are any; the first one from nowhere. */
export function moved(ids: readonly string[], selected: string | undefined, step: number): string | undefined {
  const at = selected === undefined ? -1 : ids.indexOf(selected);
  if (at < 0) return step === Number.POSITIVE_INFINITY ? ids.at(-1) : ids[0];
  return ids[Math.max(0, Math.min(ids.length - 1, at + step))];
}
