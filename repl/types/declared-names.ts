/** What the cell being typed declares, complete or not. Pure. */
import { readCell, type Space } from './cell.ts';
import { openString, withoutStrings } from './open-string.ts';

const OPENING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
/** With something at the cursor, as after a dot, and with what is open closed, most of what is being typed can be read. */
export function declaredNames(code: string, cursor = code.length): ReadonlyMap<string, Space> {
  const before = code.slice(0, cursor);
  const attempts = [code, `${before}_${code.slice(cursor)}`, `${before}_${closing(before)}`, before + closing(before)];
  for (const attempt of attempts) {
    const cell = readCell(attempt);
    if (cell) return cell.declares;
  }
  return new Map();
}

function closing(code: string): string {
  const open: string[] = [];
  for (const character of withoutStrings(code)) {
    const closer = OPENING[character];
    if (closer) open.push(closer);
    else if (character === open.at(-1)) open.pop();
  }
  const string = openString(code);
  return (string === null ? '' : (code[string - 1] ?? '')) + open.reverse().join('');
}
