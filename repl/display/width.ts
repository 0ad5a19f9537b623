/** How wide a terminal shows text. */
import { stripVTControlCharacters } from 'node:util';

/** Two columns each: CJK, and emoji as they come by themselves. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
/** No column at all. */
const NONE = /\p{Mn}|\p{Me}|\p{Cf}/u;

/** In columns; colours take none. */
export function widthOf(text: string): number {
  const plain = stripVTControlCharacters(text);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what is plain needs no more looking at
  if (/^[\x00-\x7f]*$/.test(plain)) return plain.length;
  let width = 0;
  for (const character of plain) width += WIDE.test(character) ? 2 : NONE.test(character) ? 0 : 1;
  return width;
}

/** Rows of a terminal that a text takes, which folds what is too long. */
export const rowsOf = (text: string, columns: number): number =>
  text.split('\n').reduce((rows, line) => rows + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);

/** The text in at most so many columns, with `…` where it was cut; a text that is cut loses its colours. */
export function clipped(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = '';
  let width = 1;
  for (const character of stripVTControlCharacters(text)) {
    width += widthOf(character);
    if (width > columns) break;
    kept += character;
  }
  return `${kept}…`;
}
