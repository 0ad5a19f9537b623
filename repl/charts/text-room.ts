/** How much room a text takes in a picture: guessed for the widest of the usual fonts, as there is no font here. */

const NARROW = /[iljtfrI.,:;|!'()[\]{} -]/;
const BROAD = /[mwMW@%&]/;
const FULL = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uffe6]|\p{Emoji_Presentation}/u;

const widthOf = (character: string): number =>
  FULL.test(character) ? 1.1 : NARROW.test(character) ? 0.38 : BROAD.test(character) ? 0.95 : 0.63;

/** In pixels. */
export function roomOf(text: string, size: number): number {
  let sum = 0;
  for (const character of text) sum += widthOf(character);
  return sum * size;
}

/** The text in so many pixels, with `…` where it was cut. */
export function cutToRoom(text: string, room: number, size: number): string {
  if (roomOf(text, size) <= room) return text;
  let kept = '';
  for (const character of text) {
    if (roomOf(`${kept}${character}…`, size) > room) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}
