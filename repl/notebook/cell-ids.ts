/**
 * Ids of cells that have none: from what they say, so that a cell keeps its id, and with it its outputs, wherever it
 * is moved to, and a file read twice gives the same ids.
 */
import { createHash } from 'node:crypto';
import type { CellKind } from './model.ts';

interface Identified {
  readonly id: string | null;
  readonly kind: CellKind;
  readonly source: string;
}

/** As nbformat has it. */
const VALID = /^[a-zA-Z0-9_-]{1,64}$/;

/** One for each. Given ones stay, but what nbformat does not allow, or a cell before has already. */
export function idsOf(cells: readonly Identified[]): readonly string[] {
  const taken = new Set<string>();
  const given = cells.map(({ id }) => {
    if (id === null || !VALID.test(id) || taken.has(id)) return null;
    taken.add(id);
    return id;
  });
  return cells.map((cell, at) => {
    const kept = given[at];
    if (kept) return kept;
    const base = baseOf(cell);
    let id = base;
    for (let count = 2; taken.has(id); count++) id = `${base}-${count}`;
    taken.add(id);
    return id;
  });
}

/** Places of those whose id need not be written down: `idsOf` gives it to them again. */
export function impliedIds(cells: readonly (Identified & { readonly id: string })[]): ReadonlySet<number> {
  const implied = new Set(cells.flatMap((cell, at) => (cell.id.startsWith(baseOf(cell)) ? [at] : [])));
  for (;;) {
    const found = idsOf(cells.map((cell, at) => (implied.has(at) ? { ...cell, id: null } : cell)));
    const wrong = [...implied].filter((at) => found[at] !== cells[at]?.id);
    if (wrong.length === 0) return implied;
    for (const at of wrong) implied.delete(at);
  }
}

const baseOf = ({ kind, source }: Identified): string =>
  createHash('sha256').update(`${kind}\n${source}`).digest('hex').slice(0, 8);
