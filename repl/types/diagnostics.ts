/** Which of a compiler's complaints are ones at a prompt. Pure. */
import type { Diagnostic } from './answers.ts';
import type { LspRange, PlacedCell } from './placed-cell.ts';
import { withoutMarks } from './session-document.ts';

export interface LspDiagnostic {
  readonly range: LspRange;
  readonly severity?: number;
  readonly code?: number | string;
  readonly message: string;
}

const SEVERITIES: Readonly<Record<number, Diagnostic['severity']>> = { 1: 'error', 2: 'warning' };

/** Right at a prompt, where names are declared anew and what a value is can be seen. */
const RIGHT_AT_A_PROMPT = new Set([
  // Declared twice.
  2300, 2451, 2440, 2528, 2393, 2567,
  // Perhaps null or undefined.
  2531, 2532, 2533, 18047, 18048, 18049,
  // An unused value.
  2695,
]);
/** Of a name in its own initializer: what it was before, where it was. */
const BEFORE_ITS_DECLARATION = new Set([2448, 2449, 2454]);

/** Those of the cell. `isRedeclared`: whether the cell declares a name anew. */
export function diagnosticsOf(
  items: readonly LspDiagnostic[],
  cell: PlacedCell,
  isRedeclared: (name: string) => boolean,
): Diagnostic[] {
  return items.flatMap((item): Diagnostic[] => {
    const severity = SEVERITIES[item.severity ?? 1];
    const line = cell.lineOf(item.range.start);
    if (!severity || line < 0 || isRight(item, isRedeclared)) return [];
    const { start, end } = item.range;
    const lineEnd = cell.lengthOfLine(line);
    const last = end.line === start.line ? end.character : lineEnd;
    return [
      {
        message: withoutMarks(item.message),
        line: line + 1,
        column: start.character + 1,
        length: Math.max(1, last - start.character),
        severity,
      },
    ];
  });
}

function isRight({ code, message }: LspDiagnostic, isRedeclared: (name: string) => boolean): boolean {
  const number = Number(code);
  // All of these say that something is `any` without saying so.
  if (number >= 7000 && number < 7100) return true;
  if (RIGHT_AT_A_PROMPT.has(number)) return true;
  return BEFORE_ITS_DECLARATION.has(number) && isRedeclared(/'([^']+)'/.exec(message)?.[1] ?? '');
}
