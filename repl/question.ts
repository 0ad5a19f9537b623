/** `x?`: what it is. `a.b??`: its source, and where it is deployed, too. */
const QUESTION = /^\s*([\p{ID_Start}$_][\p{ID_Continue}$.]*)(\?\??)\s*$/u;

/** null: code of another kind, as the first line of `x ?\n a : b`. */
export function questionIn(code: string): { readonly expression: string; readonly detail: 0 | 1 } | null {
  const [, expression, marks] = QUESTION.exec(code) ?? [];
  return expression === undefined ? null : { expression, detail: marks === '??' ? 1 : 0 };
}
