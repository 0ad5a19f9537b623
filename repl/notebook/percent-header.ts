/** What a notebook says of itself, in YAML behind `//` above its first cell, as jupytext writes it. */
import { createRequire } from 'node:module';
import { jsonLine, sorted } from './json.ts';
import { DEFAULT_METADATA, isObject, type JsonObject, type JsonValue } from './model.ts';
import { isMarker } from './percent-marker.ts';

export interface Header {
  readonly metadata: JsonObject;
  readonly fields: JsonObject;
}

const RULE = '// ---';
const KEYS: readonly string[] = ['jupyter', 'fields'];
const PLAIN_KEY = /^[a-z_][a-z_0-9]*$/i;
/** YAML 1.1 has words for true and false that are none elsewhere. */
const WORDS = /^(?:y|n|yes|no|on|off|true|false|null)$/i;

/** `numLines`: with both rules. Null: the file begins with something else. */
export function readHeader(lines: readonly string[]): (Header & { readonly numLines: number }) | null {
  const end = lines.indexOf(RULE, 1);
  if (lines[0] !== RULE || end < 0) return null;
  const inside = lines.slice(1, end);
  if (!inside.every((line) => line.startsWith('//') && !isMarker(line))) return null;
  const value = parsed(inside.map((line) => line.replace(/^\/\/ ?/, '')).join('\n'));
  if (!isObject(value) || !isObject(value.jupyter) || !Object.keys(value).every((key) => KEYS.includes(key)))
    return null;
  const { jupyter, fields } = value;
  return { metadata: jupyter, fields: isObject(fields) ? fields : {}, numLines: end + 1 };
}

function parsed(text: string): JsonValue | null {
  // Few files have a header, and none that runs waits for this then.
  const { parse } = createRequire(import.meta.url)('yaml') as typeof import('yaml');
  try {
    return parse(text);
  } catch {
    return null; // a comment between two rules
  }
}

/** None for a notebook that says what all of ours say. */
export function writeHeader({ metadata, fields }: Header): readonly string[] {
  const hasFields = Object.keys(fields).length > 0;
  if (!hasFields && jsonLine(metadata) === jsonLine(DEFAULT_METADATA)) return [];
  const value: JsonObject = { jupyter: metadata, ...(hasFields && { fields }) };
  return [RULE, ...blockLines(value).map((line) => `// ${line}`), RULE];
}

/** Objects as blocks, and all else as JSON, which YAML is a superset of. */
function blockLines(object: JsonObject): readonly string[] {
  return Object.entries(sorted(object)).flatMap(([key, value]) => {
    const name = PLAIN_KEY.test(key) && !WORDS.test(key) ? key : jsonLine(key);
    const isBlock = isObject(value) && Object.keys(value).length > 0 && key.length < 1000;
    return isBlock ? [`${name}:`, ...blockLines(value).map((line) => `  ${line}`)] : [`${name}: ${jsonLine(value)}`];
  });
}
