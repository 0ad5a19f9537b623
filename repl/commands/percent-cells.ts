/** Cells in a TypeScript file, each below a line `// %%`: what editors and notebooks know as the percent format. */

export interface FileCell {
  readonly code: string;
  /** Where it begins in its file, from 1. */
  readonly line: number;
  /** What its marker says of it; '' = nothing. */
  readonly title: string;
}

const MARKER = /^\s*\/\/\s*%%(.*)$/;

/** Of code; cells of text, `// %% [markdown]`, are left out, as are those with nothing in them. */
export function percentCells(text: string): readonly FileCell[] {
  const cells: { title: string; readonly line: number; readonly lines: string[] }[] = [
    { title: '', line: 1, lines: [] },
  ];
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    const [, title] = MARKER.exec(line) ?? [];
    if (title === undefined) cells.at(-1)?.lines.push(line);
    else cells.push({ title: title.trim(), line: at + 2, lines: [] });
  }
  return cells
    .filter(({ title }) => !/\[(?:markdown|md|raw)\]/.test(title))
    .map(({ title, line, lines }) => ({ title, line, code: lines.join('\n').trimEnd() }))
    .filter(({ code }) => code.trim() !== '');
}

export const percentText = (cells: readonly string[]): string =>
  cells.map((code) => `// %%\n${code.trimEnd()}\n`).join('\n');
