const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

// Cc: line breaks, terminal escapes. Cf: bidirectional overrides, invisible marks. Cs: lone surrogates. Zl, Zp: breaks.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** The text on one line, with everything escaped that could forge a line, colour a terminal or reorder what is read. */
export const escapeControls = (text: string): string =>
  text.replace(UNPRINTABLE, (char) => SHORT_ESCAPES[char] ?? `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
