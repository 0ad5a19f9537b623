/** Outputs without what differs from run to run: times, dates, ports, processes, places, ids. */

import { createHash } from 'node:crypto';
import { homedir, tmpdir } from 'node:os';
import { stripVTControlCharacters } from 'node:util';
import { ServeError } from '../../lib/index.ts';
import { DATA, VEGA_LITE } from '../display/shown.ts';
import { messageOf } from '../message-of.ts';
import { type Comparison, comparisonOf, isPicture, kindOf, wordsOf } from './comparison.ts';
import { jsonLine, sorted } from './json.ts';
import { type CellOutput, isObject, type JsonObject, type JsonValue, type NotebookCell, ownOf } from './model.ts';

type Rule = readonly [pattern: RegExp, stands: string];

const RULES: readonly Rule[] = [
  [/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?/g, '<date>'],
  [/\b\d{1,2}:\d\d:\d\d(?:[.,]\d+)?\b/g, '<time>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{12,}\b/g, '<id>'],
  [/\b(request.?id['"]?\W{1,3})(?=[\w.:-]*\d)[\w.:-]+/gi, '$1<id>'],
  [/((?:127\.0\.0\.1|0\.0\.0\.0|localhost|\[::1?\]):)\d{2,5}\b/g, '$1<port>'],
  [/\b(port\W{1,3})\d{2,5}\b/gi, '$1<port>'],
  [/\b((?:pid|process)\W{1,3})\d+\b/gi, '$1<pid>'],
  [/\d{1,3}(?: \d{3})*(?:\.\d+)?\/s\b/g, '<rate>'],
  [/\d+(?:\.\d+)?\s?(?:ns|µs|us|ms|s|sec|seconds?|min|minutes?|h)\b/g, '<time>'],
];

/** Bars and columns, which are as long as what stands beside them says. */
const LENGTHS: readonly Rule[] = [
  [/┤[▁-▏ ]*/g, '┤<bar>'],
  [/[▁-▏][▁-▏ ]*/g, '<bar> '],
];

/** A line each for what differs; `directories`: what stands before a user's own paths. */
export function comparableLines(
  cell: NotebookCell,
  outputs: readonly CellOutput[],
  directories: readonly string[],
): readonly string[] {
  const comparison = comparisonOf(cell);
  if (comparison === 'kinds') return outputs.map(kindOf);
  const rules = [...ownRules(cell), ...placeRules(directories), ...RULES];
  const whole = outputs.flatMap((output) => linesOf(output, comparison, rules)).join('\n');
  const lines = replaced(replaced(whole, rules), LENGTHS).split('\n');
  return lines.map((line) => (comparison === 'words' ? wordsOf(line) : line.trimEnd()));
}

function ownRules({ metadata }: NotebookCell): readonly Rule[] {
  const { normalize } = ownOf(metadata);
  const own = (Array.isArray(normalize) ? normalize : []).filter((pattern) => typeof pattern === 'string');
  return own.map((pattern): Rule => [readPattern(pattern), '…']);
}

function readPattern(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'gu');
  } catch (error) {
    const found = `a cell's normalize must hold patterns of JavaScript, got '${pattern}': ${messageOf(error)}`;
    throw new ServeError('INVALID_ARGUMENT', found);
  }
}

const replaced = (whole: string, rules: readonly Rule[]): string =>
  rules.reduce((rest, [pattern, stands]) => rest.replaceAll(pattern, stands), whole);

/**
 * Of what is ours the text; the picture or table, too, where that has nothing in it that was measured: else places and
 * lengths differ with it, which no rule can know.
 */
function compared(data: JsonObject, rules: readonly Rule[]): JsonObject {
  if (data[DATA] === undefined) return data;
  const plain = text(data['text/plain']);
  const { [DATA]: _data, [VEGA_LITE]: _chart, ...seen } = data;
  if (replaced(plain, rules) === plain) return seen;
  // That it is there is compared all the same.
  return Object.fromEntries(Object.keys(data).map((mime) => [mime, mime === 'text/plain' ? plain : '']));
}

function placeRules(directories: readonly string[]): readonly Rule[] {
  const places = [...directories, tmpdir(), homedir()].filter((place) => place.length > 1);
  return places.map((place) => [new RegExp(`(?:file://)?${escaped(place)}[^\\s'"():]*`, 'g'), '<path>']);
}

function linesOf(output: CellOutput, comparison: Comparison, rules: readonly Rule[]): readonly string[] {
  switch (output.output_type) {
    case 'stream':
      return [`${output.name}:`, text(output.text)];
    case 'error':
      return ['error:', ...(Array.isArray(output.traceback) ? output.traceback.map(text) : [])];
    default:
      if (!isObject(output.data)) return [];
      if (comparison === 'words' && isPicture(output.data)) return [kindOf(output)];
      return Object.entries(sorted(compared(output.data, rules))).flatMap(([mime, value]) =>
        comparison === 'words' && !mime.startsWith('text/') ? [`${mime}:`] : [`${mime}:`, shown(mime, value)],
      );
  }
}

const text = (value: JsonValue | undefined): string => stripVTControlCharacters(String(value ?? ''));

function shown(mime: string, value: JsonValue): string {
  if (typeof value !== 'string') return jsonLine(value);
  if (!mime.startsWith('image/') || mime === 'image/svg+xml') return text(value);
  return createHash('sha256').update(value.trim()).digest('hex').slice(0, 10);
}

const escaped = (place: string): string => place.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
