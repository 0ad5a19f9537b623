import { clip, widthOf } from './width.ts';

/** A text in lines of at most `columns`, broken between words; a word that is longer is broken itself. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of text.split(' ')) {
    const joined = current === '' ? word : `${current} ${word}`;
    if (widthOf(joined) <= columns) {
      current = joined;
      continue;
    }
    if (current !== '') lines.push(current);
    let rest = word;
    while (widthOf(rest) > columns) {
      const part = clip(rest, columns) || rest.slice(0, 1);
      lines.push(part);
      rest = rest.slice(part.length);
    }
    current = rest;
  }
  return [...lines, current];
}
