/**
 * Notebooks as TypeScript files, each cell below a line `// %%`: what editors and jupytext know as the percent format.
 *
 * Both ways without loss. A line of a cell that looks like such a line itself gets one more `// ` before it, in
 * the file alone. What a file does otherwise than we would write it (`//%%`, code above the first marker, no blank line
 * between cells) is kept as `servelab.layout` in the metadata, and used as long as it says what the cell says.
 */
import { isLines, layoutOf, same, withLayout, withoutLayout } from './layout.ts';
import { DEFAULT_METADATA, type JsonObject, type JsonValue, type Notebook, withOwn } from './model.ts';
import { type Chunk, readCells, writeCells } from './percent-cells.ts';
import { type Header, readHeader, writeHeader } from './percent-header.ts';
import { isMarker } from './percent-marker.ts';

/** What a run is known by, see `freshness.ts`: it is of the outputs, which stay in the .ipynb. */
export const EXECUTION = 'execution';

const NO_HEADER: Header = { metadata: DEFAULT_METADATA, fields: {} };

export function readPercent(text: string): Notebook {
  const isCrlf = text.includes('\n') && !/(?<!\r)\n/.test(text);
  const plain = isCrlf ? text.replaceAll('\r\n', '\n') : text;
  const endsLine = plain.endsWith('\n');
  const lines = plain === '' ? [] : (endsLine ? plain.slice(0, -1) : plain).split('\n');
  const header = readHeader(lines);
  const { metadata, fields } = header ?? NO_HEADER;
  const { head, chunks } = chunksOf(lines, header?.numLines ?? 0);
  const layout: JsonObject = {
    ...(!same(head, headOf({ metadata, fields }, chunks.length > 0)) && { head }),
    ...(isCrlf && { crlf: true }),
    ...(!endsLine && lines.length > 0 && { openEnd: true }),
  };
  return { metadata: withLayout(withoutLayout(metadata), layout), fields, cells: readCells(chunks) };
}

export function writePercent({ metadata, fields, cells }: Notebook): string {
  const layout = layoutOf(metadata);
  const header = { metadata: withOwn(withoutLayout(metadata), EXECUTION, null), fields };
  const head = saysSame(layout.head, header) ? layout.head : headOf(header, cells.length > 0);
  const lines = [...head, ...writeCells(cells, head)];
  const end = layout.openEnd === true && lines.at(-1) !== '' ? '' : '\n';
  const text = lines.length === 0 ? '' : lines.join('\n') + end;
  return layout.crlf === true ? text.replaceAll('\n', '\r\n') : text;
}

/** `head`: the header, and what is blank below it. */
function chunksOf(
  lines: readonly string[],
  numHeader: number,
): { readonly head: readonly string[]; readonly chunks: readonly Chunk[] } {
  const found = lines.findIndex((line, at) => at >= numHeader && line.trim() !== '');
  const start = found < 0 ? lines.length : found;
  const marks = [...lines.keys()].filter((at) => at >= start && isMarker(lines[at] ?? ''));
  const above = lines.slice(start, marks[0] ?? lines.length);
  const chunks = marks.map(
    (at, index): Chunk => ({ marker: lines[at] ?? '', line: at + 2, lines: lines.slice(at + 1, marks[index + 1]) }),
  );
  if (above.length > 0) chunks.unshift({ marker: null, line: start + 1, lines: above });
  return { head: lines.slice(0, start), chunks };
}

function headOf(header: Header, hasCells: boolean): readonly string[] {
  const lines = writeHeader(header);
  return lines.length > 0 && hasCells ? [...lines, ''] : lines;
}

/** Whether kept lines still say what the notebook says of itself. */
function saysSame(head: JsonValue | undefined, { metadata, fields }: Header): head is readonly string[] {
  if (!isLines(head)) return false;
  const read = readHeader(head);
  const said = read ?? NO_HEADER;
  const isOver = head.slice(read?.numLines ?? 0).every((line) => line.trim() === '');
  return isOver && same([said.metadata, said.fields], [metadata, fields]);
}
