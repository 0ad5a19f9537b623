/** Declarations that are only types: Node blanks them, so that a parser of JavaScript does not see them. Pure. */

export interface TypeDeclaration {
  readonly name: string;
  readonly space: 'type' | 'value' | 'both';
  /** Of the whole declaration, and where it can be taken out. */
  readonly start: number;
  readonly end: number;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

const NAME = String.raw`[\p{ID_Start}$_][\p{ID_Continue}$]*`;
const SPACES = {
  interface: 'type',
  type: 'type',
  class: 'both',
  enum: 'both',
  namespace: 'both',
  function: 'value',
  const: 'value',
  let: 'value',
  var: 'value',
} as const;

/** Where one begins, with its keyword and name. Overloads of functions are among them. */
const DECLARATION = new RegExp(
  String.raw`(?<=(?:^|[\n;}])\s*)(?:export\s+)?(?:declare\s+)?(?:abstract\s+|async\s+)?` +
    String.raw`(?<keyword>${Object.keys(SPACES).join('|')})\s+(?<name>${NAME})`,
  'gu',
);
const IMPORT = /(?<=(?:^|[\n;}])\s*)import\s+type\s+(?<clause>[^'"]*?)\s*from\s*(?:'[^'\n]*'|"[^"\n]*")/gu;
const IMPORTED = new RegExp(String.raw`(?<name>${NAME})\s*(?=[,}]|$)`, 'gu');

/** `javascript`: the cell with its types blanked, everything in its place; `body`: the statements it has. */
export function typeDeclarations(code: string, javascript: string, body: readonly Range[]): TypeDeclaration[] {
  if (code === javascript) return [];
  return gaps(javascript, body).flatMap((gap) => {
    const text = blanked(code, javascript, gap);
    return [...declarationsIn(text, gap), ...importsIn(text, gap)];
  });
}

/** What is between the statements. */
function gaps(javascript: string, body: readonly Range[]): Range[] {
  const ends = [0, ...body.map(({ end }) => end)];
  const starts = [...body.map(({ start }) => start), javascript.length];
  return ends.map((start, i) => ({ start, end: starts[i] ?? start })).filter(({ start, end }) => start < end);
}

/** What was taken out there; comments stayed, so they are not in it. */
function blanked(code: string, javascript: string, { start, end }: Range): string {
  let text = '';
  for (let i = start; i < end; i++) text += /\s/.test(javascript[i] ?? '') ? code[i] : ' ';
  return text;
}

function declarationsIn(text: string, gap: Range): TypeDeclaration[] {
  const found = [...text.matchAll(DECLARATION)].filter(({ index }) => depthAt(text, index) === 0);
  return found.map(({ index, groups }, i) => {
    const next = found[i + 1]?.index ?? importAfter(text, index) ?? text.length;
    const keyword = groups?.keyword as keyof typeof SPACES;
    const name = groups?.name ?? '';
    return { name, space: SPACES[keyword], start: gap.start + index, end: gap.start + next };
  });
}

/** One that brings several names goes with each of them: they are brought in anew together nearly always. */
function importsIn(text: string, gap: Range): TypeDeclaration[] {
  return [...text.matchAll(IMPORT)].flatMap(({ 0: whole, index, groups }) => {
    const start = gap.start + index;
    const names = [...(groups?.clause ?? '').matchAll(IMPORTED)].map((match) => match.groups?.name ?? '');
    return names.map((name) => ({ name, space: 'type' as const, start, end: start + whole.length }));
  });
}

function importAfter(text: string, at: number): number | null {
  return [...text.matchAll(IMPORT)].find(({ index }) => index > at)?.index ?? null;
}

/** How many brackets are open there. */
function depthAt(text: string, at: number): number {
  let depth = 0;
  for (const bracket of text.slice(0, at).match(/[([{}\])]/g) ?? []) depth += '([{'.includes(bracket) ? 1 : -1;
  return depth;
}
