/** Strings and comments in code that may not be complete. Pure. */

const STRINGS = /'(?:\\.|[^'\\\n])*'?|"(?:\\.|[^"\\\n])*"?|`(?:\\[\s\S]|[^`\\])*`?|\/\/.*|\/\*[\s\S]*?(?:\*\/|$)/g;

/** Where the text of the string that the code ends in begins, behind its quote; null when it ends in none. */
export function openString(code: string): number | null {
  const last = [...code.matchAll(STRINGS)].at(-1);
  if (!last || last.index + last[0].length < code.length) return null;
  const quote = last[0].charAt(0);
  const isOpen = quote !== '/' && (last[0].length === 1 || !last[0].endsWith(quote));
  return isOpen ? last.index + 1 : null;
}

export function withoutStrings(code: string): string {
  return code.replace(STRINGS, '');
}
