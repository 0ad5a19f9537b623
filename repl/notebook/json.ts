/** JSON as notebooks have it in Python: keys in order, so that two savings differ where the notebooks do. */
import type { JsonValue } from './model.ts';

export function sorted<Value>(value: Value): Value;
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]));
}

/** On one line, with a space behind commas and colons. Also behind `//`, which some rarer line ends would end. */
export function jsonLine(value: JsonValue): string {
  if (typeof value !== 'object' || value === null) {
    return JSON.stringify(value).replace(/[\u007f-\u009f\u2028\u2029\ufeff]/g, escaped);
  }
  if (Array.isArray(value)) return `[${value.map(jsonLine).join(', ')}]`;
  const entries = Object.entries(sorted(value)).map(([key, one]) => `${jsonLine(key)}: ${jsonLine(one)}`);
  return `{${entries.join(', ')}}`;
}

const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Where the JSON that begins at `start` ends; null: none does. Numbers and words end at a space. */
export function jsonEnd(text: string, start: number): number | null {
  const pattern = /"(?:[^"\\]|\\.)*"|[[\]{}]|[^\s"[\]{}]+|\s+/gy;
  pattern.lastIndex = start;
  let depth = 0;
  for (let piece = pattern.exec(text); piece !== null; piece = pattern.exec(text)) {
    const [found] = piece;
    if (depth === 0 && found.trim() === '') return null;
    if (found === '[' || found === '{') depth++;
    else if (found === ']' || found === '}') depth--;
    if (depth <= 0) return depth === 0 ? pattern.lastIndex : null;
  }
  return null;
}
