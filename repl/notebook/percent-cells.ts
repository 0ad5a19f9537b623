/** The cells of a percent file, each a marker with what stands below it. */
import { idsOf, impliedIds } from './cell-ids.ts';
import { isLines, layoutOf, same, withLayout, withoutLayout } from './layout.ts';
import type { JsonObject, JsonValue, NotebookCell } from './model.ts';
import { readHeader } from './percent-header.ts';
import { linesOf, sourceOf } from './percent-lines.ts';
import { isMarker, type Marker, readMarker, writeMarker } from './percent-marker.ts';

/** A part of a file. */
export interface Chunk {
  /** Null: it stands above the first marker. */
  readonly marker: string | null;
  /** Of the first line below that, from 1. */
  readonly line: number;
  readonly lines: readonly string[];
}

const UNMARKED: Marker = { kind: 'code', id: null, metadata: {}, attachments: null, fields: {}, source: null };

/** Each but the last has a blank line below it, which is not of the cell. */
export function readCells(chunks: readonly Chunk[]): readonly NotebookCell[] {
  const parts = chunks.map((chunk, at) => {
    const { lines } = chunk;
    const hasGap = at < chunks.length - 1 && lines.at(-1) === '';
    const body = hasGap ? lines.slice(0, -1) : lines;
    const marker = (chunk.marker === null ? null : readMarker(chunk.marker)) ?? UNMARKED;
    const source = body.length === 0 && marker.source !== null ? marker.source : sourceOf(marker.kind, body);
    return { chunk, marker, body, source, hasGap };
  });
  const ids = idsOf(parts.map(({ marker: { id, kind }, source }) => ({ id, kind, source })));
  const cells = parts.map(({ chunk: { line }, marker, source }, at): NotebookCell => {
    const { kind, metadata, attachments, fields } = marker;
    return {
      ...{ kind, id: ids[at] ?? '', source, metadata: withoutLayout(metadata), attachments, fields, line },
      ...{ outputs: [], executionCount: null },
    };
  });
  const implied = impliedIds(cells);
  return cells.map((cell, at) => {
    const { chunk, body = [], hasGap = true } = parts[at] ?? {};
    const lines = linesOf(cell.kind, cell.source) ?? [];
    const layout: JsonObject = {
      ...(chunk?.marker !== writeMarker(markerOf(cell, body, implied.has(at))) && { marker: chunk?.marker ?? null }),
      ...(!same(body, lines) && { lines: body }),
      ...(!hasGap && at < cells.length - 1 && { gap: 0 }),
    };
    return { ...cell, metadata: withLayout(cell.metadata, layout) };
  });
}

/** `head`: what stands above them. */
export function writeCells(cells: readonly NotebookCell[], head: readonly string[]): readonly string[] {
  const implied = impliedIds(cells);
  return cells.flatMap((cell, at) => {
    const layout = layoutOf(cell.metadata);
    const lines = isBody(layout.lines, cell) ? layout.lines : (linesOf(cell.kind, cell.source) ?? []);
    const marker = markerOf(cell, lines, implied.has(at));
    const isLast = at === cells.length - 1;
    const isTight = isLast || (layout.gap === 0 && lines.at(-1) !== '');
    return [
      ...markerLines(layout, marker, cell.id, at === 0 && canStandAlone(lines, head)),
      ...lines,
      ...(isTight ? [] : ['']),
    ];
  });
}

/** It says itself what no lines below it can say. */
function markerOf(cell: NotebookCell, lines: readonly string[], isImplied: boolean): Marker {
  const { kind, id, source, metadata, attachments, fields } = cell;
  return {
    ...{ kind, id: isImplied ? null : id, metadata: withoutLayout(metadata), attachments, fields },
    source: lines.length === 0 && source !== '' ? source : null,
  };
}

/** Whether kept lines still say what the cell says. */
const isBody = (lines: JsonValue | undefined, { kind, source }: NotebookCell): lines is readonly string[] =>
  isLines(lines) && !lines.some(isMarker) && sourceOf(kind, lines) === source;

function markerLines(layout: JsonObject, marker: Marker, id: string, canBeUnmarked: boolean): readonly string[] {
  const { marker: kept } = layout;
  if (kept === null && canBeUnmarked && saysSame(UNMARKED, marker, id)) return [];
  const read = typeof kept === 'string' && isLines([kept]) ? readMarker(kept) : null;
  return [read !== null && saysSame(read, marker, id) ? String(kept) : writeMarker(marker)];
}

/** An id that need not be said may be. */
const saysSame = (kept: Marker, marker: Marker, id: string): boolean =>
  same(plain({ ...kept, id: null }), plain({ ...marker, id: null })) && (kept.id === marker.id || kept.id === id);

const plain = ({ kind, id, metadata, attachments, fields, source }: Marker): JsonObject => ({
  ...{ kind, id, metadata: withoutLayout(metadata), attachments, fields, source },
});

/** Above the first marker, and be taken neither for nothing nor for a header. */
const canStandAlone = (lines: readonly string[], head: readonly string[]): boolean =>
  (lines[0] ?? '').trim() !== '' && (readHeader(head) !== null || readHeader(lines) === null);
