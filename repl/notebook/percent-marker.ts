/** The line above a cell: `// %% Title [markdown] id="x" tags=["a"] more=1`, as jupytext writes it. */
import { jsonEnd, jsonLine } from './json.ts';
import { type CellKind, isObject, type JsonObject, type JsonValue, without } from './model.ts';

export interface Marker {
  readonly kind: CellKind;
  /** Null: the cell's own, see `idsOf`. */
  readonly id: string | null;
  readonly metadata: JsonObject;
  readonly attachments: JsonObject | null;
  readonly fields: JsonObject;
  /** Of a cell whose text cannot stand below it; null: it does. */
  readonly source: string | null;
}

const MARKER = /^[ \t]*\/\/[ \t]*%%(%*(?:[ \t\r].*)?)$/s;
const KINDS: Readonly<Record<string, CellKind>> = { markdown: 'markdown', md: 'markdown', raw: 'raw', code: 'code' };
/** What is the cell's and not of its metadata. */
const RESERVED: readonly string[] = ['id', 'source', 'attachments', 'fields'];
const KEY = /^[a-zA-Z_][\w.-]*$/;
const PAIR = /^([a-zA-Z_][\w.-]*)=/;
const LONGEST_KEY = 100;

export const isMarker = (line: string): boolean => MARKER.test(line);

export const looksLikeMarker = (line: string): boolean =>
  isMarker(line) || (line.startsWith('// ') && looksLikeMarker(line.slice(3)));

/** Null: the line is none. */
export function readMarker(line: string): Marker | null {
  const [, text] = MARKER.exec(line) ?? [];
  if (text === undefined) return null;
  // The options begin behind the first words from which on all is options.
  for (const { index } of text.matchAll(/(?<![^ \t\r])(?=[^ \t\r]|$)/g)) {
    const options = readOptions(text.slice(index).trim());
    if (options === null) continue;
    const title = text.slice(0, index).trim();
    return markerOf(title, options);
  }
  return markerOf(text.trim(), { kind: 'code', pairs: {}, metadata: {} });
}

interface Options {
  readonly kind: CellKind;
  readonly pairs: JsonObject;
  readonly metadata: JsonObject;
}

function markerOf(title: string, { kind, pairs, metadata }: Options): Marker {
  const { id, source, attachments, fields } = pairs;
  const named = Object.entries(pairs).filter(([key]) => !RESERVED.includes(key));
  return {
    kind,
    id: typeof id === 'string' ? id : null,
    metadata: { ...(title !== '' && { title }), ...Object.fromEntries(named), ...metadata },
    attachments: isObject(attachments) ? attachments : null,
    fields: isObject(fields) ? fields : {},
    source: typeof source === 'string' ? source : null,
  };
}

/** `[kind] key=value … {"key": value}`; null: there is something else, too. */
function readOptions(text: string): Options | null {
  const [whole = '', name = 'code'] = /^\[(\w+)\](?:\s+|$)/.exec(text) ?? [];
  const kind = KINDS[name];
  if (kind === undefined) return null;
  const pairs: [string, JsonValue][] = [];
  let rest = text.slice(whole.length);
  while (rest !== '' && rest[0] !== '{') {
    const [begin = '', key = ''] = PAIR.exec(rest.slice(0, LONGEST_KEY + 1)) ?? [];
    const found = key === '' ? null : readJson(rest, begin.length);
    if (found === null) return null;
    pairs.push([key, found.value]);
    rest = found.rest;
  }
  const others = rest === '' ? { value: {}, rest } : readJson(rest, 0);
  if (others === null || others.rest !== '' || !isObject(others.value)) return null;
  return { kind, pairs: Object.fromEntries(pairs), metadata: others.value };
}

/** `rest`: what follows it, behind a space. */
function readJson(text: string, start: number): { readonly value: JsonValue; readonly rest: string } | null {
  const end = jsonEnd(text, start);
  if (end === null || (end < text.length && !/\s/.test(text[end] ?? ''))) return null;
  try {
    return { value: JSON.parse(text.slice(start, end)), rest: text.slice(end).trimStart() };
  } catch {
    return null; // words that look like an option belong to the title
  }
}

export function writeMarker({ kind, id, metadata, attachments, fields, source }: Marker): string {
  const { title } = metadata;
  const heading = typeof title === 'string' && isPlainTitle(title, kind) ? title : '';
  const others = heading === '' ? metadata : without(metadata, 'title');
  const isPlain = Object.keys(others).every(
    (key) => KEY.test(key) && key.length < LONGEST_KEY && !RESERVED.includes(key),
  );
  const pairs: JsonObject = {
    ...(id !== null && { id }),
    ...(attachments !== null && { attachments }),
    ...(Object.keys(fields).length > 0 && { fields }),
    ...(source !== null && { source }),
  };
  return [
    '// %%',
    heading,
    kind === 'code' ? '' : `[${kind}]`,
    ...written(pairs),
    ...(isPlain ? written(others) : [jsonLine(others)]),
  ]
    .filter((part) => part !== '')
    .join(' ');
}

const written = (pairs: JsonObject): readonly string[] =>
  Object.entries(pairs)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${jsonLine(value)}`);

/** It is read back as it was, with whatever comes behind it. */
function isPlainTitle(title: string, kind: CellKind): boolean {
  if (title === '' || !title.isWellFormed() || /[\p{Cc}\u2028\u2029\ufeff]/u.test(title)) return false;
  const behind = kind === 'code' ? '' : `[${kind}]`;
  return ['', ' x=1', ' {"a": 1}'].every((options) => {
    const read = readMarker(`// %% ${title} ${behind}${options}`.trimEnd());
    return read?.kind === kind && read.metadata.title === title;
  });
}
