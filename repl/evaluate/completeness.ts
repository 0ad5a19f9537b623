import { readCell } from './read-cell.ts';

export interface Completeness {
  readonly status: 'complete' | 'incomplete' | 'invalid';
  /** What the next line of an incomplete cell begins with. */
  readonly indent: string;
}

export function completeness(code: string): Completeness {
  const read = readCell(code);
  if (read.as === 'cell') return { status: 'complete', indent: '' };
  if (read.as === 'invalid') return { status: 'invalid', indent: '' };
  return { status: 'incomplete', indent: indentAfter(code, read.fault.message) };
}

/** As its last line, and further in where that opens something. Text and comments that go on are not touched. */
function indentAfter(code: string, message: string): string {
  if (message.startsWith('Unterminated')) return '';
  const last = code.split('\n').findLast((line) => line.trim() !== '') ?? '';
  const own = /^\s*/.exec(last)?.[0] ?? '';
  const shown = last.replace(/\s*(?:\/\/.*)?$/, '');
  return /[{([:=>?]$|\b(?:else|do|try|finally)$|\b(?:if|for|while)\s*\(.*\)$/.test(shown) ? `${own}  ` : own;
}
