/** Notebooks as Jupyter keeps them: nbformat 4.5; what is older is read, too. */
import { ServeError } from '../../lib/index.ts';
import { messageOf } from '../message-of.ts';
import { idsOf } from './cell-ids.ts';
import { sorted } from './json.ts';
import {
  type CellKind,
  type CellOutput,
  isObject,
  type JsonObject,
  type JsonValue,
  type Notebook,
  type NotebookCell,
} from './model.ts';

const KINDS: readonly string[] = ['code', 'markdown', 'raw'] satisfies readonly CellKind[];
const CELL_FIELDS = ['cell_type', 'id', 'source', 'metadata', 'attachments', 'outputs', 'execution_count'];
const FIELDS = ['cells', 'metadata', 'nbformat', 'nbformat_minor'];

/** Throws INVALID_ARGUMENT for what is no notebook; `file` is for the message. */
export function readIpynb(text: string, file: string): Notebook {
  const notebook = parsed(text, file);
  const { cells, metadata, nbformat } = notebook;
  if (!Array.isArray(cells) || nbformat !== 4) {
    const found = Array.isArray(cells) ? `nbformat ${nbformat ?? 'of no number'}` : 'no list of cells';
    throw refused(file, `it has ${found}, and a notebook of nbformat 4 is wanted; Jupyter saves older ones as that`);
  }
  const read = cells.map((cell: JsonValue, at) => readCell(cell, `${file}: cell ${at + 1}`));
  const ids = idsOf(read);
  return {
    metadata: isObject(metadata) ? metadata : {},
    cells: read.map((cell, at): NotebookCell => ({ ...cell, id: ids[at] ?? '' })),
    fields: rest(notebook, FIELDS),
  };
}

export function writeIpynb({ cells, metadata, fields }: Notebook): string {
  const notebook = { ...fields, cells: cells.map(writtenCell), metadata, nbformat: 4, nbformat_minor: 5 };
  return `${JSON.stringify(sorted(notebook), null, 1)}\n`;
}

function parsed(text: string, file: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch (error) {
    throw refused(file, messageOf(error));
  }
}

const refused = (file: string, why: string): ServeError =>
  new ServeError('INVALID_ARGUMENT', `'${file}' is no notebook: ${why}`);

function readCell(cell: JsonValue, place: string): Omit<NotebookCell, 'id'> & { readonly id: string | null } {
  if (!isObject(cell) || typeof cell.cell_type !== 'string' || !KINDS.includes(cell.cell_type)) {
    const found = isObject(cell) ? JSON.stringify(cell.cell_type ?? null) : 'no object';
    throw refused(place, `its cell_type must be ${KINDS.join(', ')}, got ${found}`);
  }
  const { id, metadata, attachments, outputs, execution_count } = cell;
  return {
    kind: cell.cell_type as CellKind,
    id: typeof id === 'string' ? id : null,
    source: joined(cell.source ?? ''),
    metadata: isObject(metadata) ? metadata : {},
    attachments: isObject(attachments) ? attachments : null,
    outputs: Array.isArray(outputs) ? outputs.filter(isObject).map((output) => withTexts(output, joined)) : [],
    executionCount: typeof execution_count === 'number' ? execution_count : null,
    fields: rest(cell, CELL_FIELDS),
    line: 1,
  };
}

function writtenCell(cell: NotebookCell): JsonObject {
  const { kind, id, source, metadata, attachments, outputs, executionCount, fields } = cell;
  return {
    ...{ ...fields, cell_type: kind, id, metadata, source: split(source) },
    ...(attachments !== null && { attachments }),
    ...(kind === 'code' && {
      execution_count: executionCount,
      outputs: outputs.map((output) => withTexts(output, splitText)),
    }),
  };
}

/** Texts of outputs are lists of lines in the file, all but those of JSON. */
function withTexts(output: CellOutput, change: (text: JsonValue) => JsonValue): CellOutput {
  const { text, data } = output;
  return {
    ...output,
    ...(text !== undefined && { text: change(text) }),
    ...(isObject(data) && {
      data: Object.fromEntries(
        Object.entries(data).map(([mime, value]) => [mime, /[/+]json$/.test(mime) ? value : change(value)]),
      ),
    }),
  };
}

function joined(text: JsonValue): string {
  if (Array.isArray(text)) return text.join('');
  return typeof text === 'string' ? text : JSON.stringify(text);
}

const splitText = (text: JsonValue): JsonValue => (typeof text === 'string' ? split(text) : text);

/** Each line with its end. */
const split = (text: string): readonly string[] => (text === '' ? [] : text.split(/(?<=\n)/));

const rest = (object: JsonObject, known: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !known.includes(key)));
