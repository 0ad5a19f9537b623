/** The cells of a session as one module, in which each name is what it is at the prompt. Pure. */
import { type Cell, type Place, readCell, type Space } from './cell.ts';

/**
 * Marks a superseded declaration that is still needed: what was computed with it when it was evaluated has the types of
 * then. A letter, but none that names are written with.
 */
const MARK = 'ˑ';
const MARKED = new RegExp(String.raw`${MARK}\d+(?![\p{ID_Continue}$])`, 'gu');

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Cells in order; of each name the last declaration counts. */
export class SessionDocument {
  readonly #cells: Cell[] = [];
  #past: { readonly names: string; readonly text: string } | null = null;

  /** One that is not complete adds nothing. */
  add(code: string): void {
    const cell = readCell(code);
    if (!cell) return;
    this.#cells.push(cell);
    this.#past = null;
  }

  /** What precedes a cell that declares these names: it is on lines of its own. */
  before(declares: ReadonlyMap<string, Space>): string {
    const names = JSON.stringify([...declares].sort());
    if (this.#past?.names !== names) this.#past = { names, text: compose(this.#cells, declares) };
    return this.#past.text;
  }

  /** Whether a cell has declared it. */
  has(name: string): boolean {
    return this.#cells.some(({ declares }) => declares.has(name));
  }
}

/** Text of the server's, with each name as its user wrote it. */
export function withoutMarks(text: string): string {
  return text.replace(MARKED, '');
}

export function isMarked(name: string): boolean {
  return name.includes(MARK);
}

function compose(cells: readonly Cell[], next: ReadonlyMap<string, Space>): string {
  const names = new SessionNames([...cells.map(({ declares }) => declares), next]);
  const needed = new Set(
    cells.flatMap((cell, i) =>
      cell.places.flatMap((place) => (place.is === 'declaration' ? [] : [keyOf(place.name, names.meantBy(place, i))])),
    ),
  );
  const texts = cells.map((cell, i) => edited(cell.code, editsOf(cell, i, names, needed)));
  // A cell that ends without a semicolon ends with its cell, and not in the next one's brackets.
  return texts.map((text) => (text.trim() === '' ? '' : `${text}\n;\n`)).join('');
}

const keyOf = (name: string, cell: number): string => `${name} ${cell}`;

/** Which cell's declaration a name means, where. */
class SessionNames {
  /** In the order of the cells. */
  readonly #declared = new Map<string, { readonly cell: number; readonly space: Space }[]>();

  constructor(cells: readonly ReadonlyMap<string, Space>[]) {
    for (const [cell, declares] of cells.entries()) {
      for (const [name, space] of declares) {
        const known = this.#declared.get(name) ?? [];
        this.#declared.set(name, [...known, { cell, space }]);
      }
    }
  }

  isSuperseded(name: string, cell: number, space: Space): boolean {
    return this.#of(name).some((other) => other.cell > cell && areOneName(other.space, space));
  }

  /** -1 = none of them. */
  meantBy({ name, is, isDeferred }: Place, cell: number): number {
    const values = this.#of(name).filter(({ space }) => space !== 'type');
    if (is === 'declaration') return cell;
    if (isDeferred) return values.at(-1)?.cell ?? -1;
    const last = values.findLast((other) => other.cell < cell || (is === 'reference' && other.cell === cell));
    return last?.cell ?? (is === 'own' ? cell : -1);
  }

  spaceOf(name: string, cell: number): Space {
    return this.#of(name).find((declared) => declared.cell === cell)?.space ?? 'value';
  }

  #of(name: string): readonly { readonly cell: number; readonly space: Space }[] {
    return this.#declared.get(name) ?? [];
  }
}

/** A variable and a type may share a name. */
function areOneName(a: Space, b: Space): boolean {
  return a === 'both' || b === 'both' || a === b;
}

function editsOf(cell: Cell, index: number, names: SessionNames, needed: ReadonlySet<string>): Edit[] {
  const isGone = (name: string) =>
    names.isSuperseded(name, index, names.spaceOf(name, index)) && !needed.has(keyOf(name, index));
  const removed: Edit[] = [
    ...cell.removable.filter((statement) => statement.names.every(isGone)),
    ...cell.types.filter(({ name, space }) => names.isSuperseded(name, index, space)),
  ].map(({ start, end }) => ({ start, end, text: '' }));
  const renamed = cell.places.flatMap((place): Edit[] => {
    const meant = names.meantBy(place, index);
    if (meant < 0 || !names.isSuperseded(place.name, meant, names.spaceOf(place.name, meant))) return [];
    return [{ start: place.start, end: place.end, text: renaming(place, `${place.name}${MARK}${meant}`) }];
  });
  const kept = renamed.filter(({ start }) => !removed.some((range) => range.start <= start && start < range.end));
  return [...removed, ...kept];
}

function renaming({ name, shorthand }: Place, marked: string): string {
  if (shorthand === 'key') return `${name}: ${marked}`;
  if (shorthand === 'import') return `${name} as ${marked}`;
  return shorthand === 'export' ? `${marked} as ${name}` : marked;
}

/** Ranges may be given twice; the longer one of two that meet counts. */
function edited(code: string, edits: readonly Edit[]): string {
  let text = '';
  let at = 0;
  for (const { start, end, text: other } of edits.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (start < at) continue;
    text += code.slice(at, start) + other;
    at = end;
  }
  return text + code.slice(at);
}
