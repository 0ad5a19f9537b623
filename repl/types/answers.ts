/** What a session is told by the types. */

export interface Completion {
  /** What to put there. */
  readonly text: string;
  /** A word: 'method', 'property', 'variable', 'class', 'keyword', 'value' (of a union), 'module', ... */
  readonly kind: string;
  /** Its type; empty where that was not asked for, as among very many. */
  readonly detail: string;
  /** UTF-16 offsets in the cell. */
  readonly replaces: readonly [start: number, end: number];
}

export interface Hover {
  /** As TypeScript writes it, e.g. `const x: number`. May have several lines. */
  readonly signature: string;
  /** Markdown; empty without any. */
  readonly documentation: string;
}

export interface Diagnostic {
  readonly message: string;
  /** From 1, in the cell, as in stack traces. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** In UTF-16 units, >= 1, within that line. */
  readonly length: number;
  readonly severity: 'error' | 'warning';
}
