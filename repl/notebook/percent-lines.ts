/** What a cell says, as lines of a TypeScript file: code as it is, text behind `//`. */

import type { CellKind } from './model.ts';
import { looksLikeMarker } from './percent-marker.ts';

/** Null: it cannot stand there as it is, as TypeScript ends a comment at more line ends than ours. */
export function linesOf(kind: CellKind, source: string): readonly string[] | null {
  if (!source.isWellFormed() || (kind !== 'code' && /\r(?!\n|$)|[\u2028\u2029]/.test(source))) return null;
  if (source === '') return [];
  const lines = source.split('\n');
  return (kind === 'code' ? lines : lines.map(commented)).map((line) => (looksLikeMarker(line) ? `// ${line}` : line));
}

export function sourceOf(kind: CellKind, lines: readonly string[]): string {
  const plain = lines.map((line) => (line.startsWith('// ') && looksLikeMarker(line.slice(3)) ? line.slice(3) : line));
  return (kind === 'code' ? plain : plain.map((line) => line.replace(/^\/\/ ?/, ''))).join('\n');
}

const commented = (line: string): string => (line === '' ? '//' : `// ${line}`);
