/** Keys by one name each, as `bindings.ts` has them, from what Ink tells of them. */
import type { Key } from 'ink';

const NAMED = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'escape'],
  ['backspace', 'backspace'],
  ['delete', 'delete'],
] as const satisfies readonly (readonly [keyof Key, string])[];

/** Who types fast presses several at once: they come as one text. */
export function keysOf(input: string, key: Key): string[] {
  if (key.tab) return [key.shift ? 'shift+tab' : 'tab'];
  const named = NAMED.find(([flag]) => key[flag]);
  if (named !== undefined) return [named[1]];
  if (key.ctrl) return input === '' ? [] : [`ctrl+${input}`];
  const keys = [...input].map(keyOf);
  // Esc and what was pressed right behind it look like Alt with it.
  return key.meta ? ['escape', ...keys] : keys;
}

const CONTROLS: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\x7f': 'backspace',
  '\b': 'backspace',
  '\x1b': 'escape',
};

/** Among others, a control character has no flag of its own. */
function keyOf(char: string): string {
  if (char >= ' ' && char !== '\x7f') return char;
  return CONTROLS[char] ?? `ctrl+${String.fromCharCode(char.charCodeAt(0) + 96)}`;
}
