/** A notebook as both of its formats have it. */

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

export type CellKind = 'code' | 'markdown' | 'raw';

/** One of nbformat's, with texts in one piece: `stream`, `execute_result`, `display_data` or `error`. */
export type CellOutput = JsonObject;

export interface NotebookCell {
  readonly kind: CellKind;
  /** The notebook has no other cell of this id. */
  readonly id: string;
  readonly source: string;
  readonly metadata: JsonObject;
  /** Null: it has none. */
  readonly attachments: JsonObject | null;
  /** Of code. */
  readonly outputs: readonly CellOutput[];
  readonly executionCount: number | null;
  /** What it has that nbformat does not name. */
  readonly fields: JsonObject;
  /** Where its source begins in the file that it was read from, from 1; 1 where a cell has no lines of a file. */
  readonly line: number;
}

export interface Notebook {
  readonly metadata: JsonObject;
  readonly cells: readonly NotebookCell[];
  readonly fields: JsonObject;
}

/** Of a notebook that says nothing of itself. */
export const DEFAULT_METADATA: JsonObject = {
  kernelspec: { display_name: 'servelab (TypeScript)', language: 'typescript', name: 'servelab' },
  language_info: { file_extension: '.ts', mimetype: 'text/x-typescript', name: 'typescript' },
};

/** Where our own metadata are, of notebooks and of cells. */
export const OWN = 'servelab';

export const codeCell = (source: string, id: string): NotebookCell => ({
  ...{ kind: 'code', id, source, metadata: {}, attachments: null },
  ...{ outputs: [], executionCount: null, fields: {}, line: 1 },
});

export function tagsOf({ metadata }: NotebookCell): readonly string[] {
  const { tags } = metadata;
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
}

/** What to call it: its title, or what it begins with. */
export function titleOf({ metadata, source }: NotebookCell): string {
  const { title } = metadata;
  if (typeof title === 'string' && title.trim() !== '') return title.trim();
  const first = source.split('\n').find((line) => line.trim() !== '') ?? '';
  return first.trim().slice(0, 60);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Our own part of some metadata; empty where there is none. */
export function ownOf(metadata: JsonObject): JsonObject {
  const own = metadata[OWN];
  return isObject(own) ? own : {};
}

/** The same with `key` of our own part set, or with null taken out. */
export function withOwn(metadata: JsonObject, key: string, value: JsonValue): JsonObject {
  const had = OWN in metadata ? metadata[OWN] : {};
  // What is no object is somebody else's.
  if (!isObject(had) || (value === null && !(key in had))) return metadata;
  const own = without(had, key);
  if (value !== null) return { ...metadata, [OWN]: { ...own, [key]: value } };
  return Object.keys(own).length === 0 ? without(metadata, OWN) : { ...metadata, [OWN]: own };
}

export const without = (object: JsonObject, key: string): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
