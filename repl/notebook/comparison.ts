/** How much of what a cell puts out must be as it is kept: its metadata say so. */
import { ServeError } from '../../lib/index.ts';
import { type CellOutput, isObject, type JsonObject, type NotebookCell, ownOf } from './model.ts';

const COMPARISONS = ['all', 'words', 'kinds'] as const;

/**
 * `words`: what can be read, without its numbers; of pictures and of data only the kind. `kinds`: which outputs come in
 * which order, and no more.
 */
export type Comparison = (typeof COMPARISONS)[number];

/** Throws INVALID_ARGUMENT: a word that is not known would let pass what nobody meant to. */
export function comparisonOf({ metadata }: NotebookCell): Comparison {
  const { compare = 'all' } = ownOf(metadata);
  const known = COMPARISONS.find((name) => name === compare);
  if (known !== undefined) return known;
  const wanted = COMPARISONS.map((name) => `'${name}'`).join(', ');
  throw new ServeError('INVALID_ARGUMENT', `a cell's compare must be one of ${wanted}, got ${JSON.stringify(compare)}`);
}

/** Its stream, its MIME types, or whose error it is. */
export function kindOf({ output_type, name, ename, data }: CellOutput): string {
  switch (output_type) {
    case 'stream':
      return `stream ${name}`;
    case 'error':
      return `error ${ename}`;
    default:
      return `display ${isObject(data) ? Object.keys(data).sort().join(', ') : ''}`;
  }
}

/** Whatever else it is, too: the text beside a picture is drawn. */
export const isPicture = (data: JsonObject): boolean => Object.keys(data).some((mime) => mime.startsWith('image/'));

/** Without numbers, and without the room that they take in a table. `v1` and `v1#1` are words. */
export function wordsOf(line: string): string {
  const words = line.replaceAll(/(?<![\p{L}\p{N}_.#])[-+−]?\d[\d_]*(?:[.,]\d+)*(?:e[-+]?\d+)?/giu, '#');
  return words.replaceAll(/─+/g, '─').replaceAll(/\s+/g, ' ').trim();
}
