/** The server's list of completions as what can be put at the cursor. Pure. */
import type { Completion } from './answers.ts';
import { openString } from './open-string.ts';
import type { LspRange, PlacedCell } from './placed-cell.ts';
import { isMarked } from './session-document.ts';

export interface CompletionItem {
  readonly label: string;
  readonly kind?: number;
  readonly sortText?: string;
  readonly filterText?: string;
  readonly insertText?: string;
  readonly detail?: string;
  readonly textEdit?: { readonly newText: string } & EditRange;
}

type EditRange = { readonly range: LspRange } | { readonly insert: LspRange };

export interface CompletionList {
  readonly items: readonly CompletionItem[];
  readonly itemDefaults?: { readonly editRange?: LspRange | { readonly insert: LspRange } };
}

export interface Candidate extends Completion {
  readonly item: CompletionItem;
}

/** What begins as what stands before the cursor does, whatever its case; what is nearest in scope first. */
export function candidatesOf(list: CompletionList, cell: PlacedCell, cursor: number): Candidate[] {
  const before = cell.code.slice(0, cursor);
  const string = openString(before);
  const common = rangeOf(list.itemDefaults?.editRange);
  const found = list.items.flatMap((item): Candidate[] => {
    const isValue = item.kind === VALUE;
    const range = rangeOf(item.textEdit) ?? common;
    const start = (range && cell.offsetOf(range.start)) ?? (isValue ? string : null) ?? wordStart(before);
    const text = isValue && string === null ? literal(item.label) : textOf(item);
    const isFound = (item.filterText ?? text).toLowerCase().startsWith(before.slice(start).toLowerCase());
    if (!isFound || isMarked(item.label) || item.label.startsWith('[Symbol')) return [];
    return [{ text, kind: KINDS[item.kind ?? 0] ?? 'text', detail: '', replaces: [start, cursor], item }];
  });
  return found.sort((a, b) => compare(a.item.sortText ?? '', b.item.sortText ?? '') || compare(a.text, b.text));
}

/** TypeScript 7.0 leaves out the quotes of a name that needs them: `[a-b]` for `['a-b']`. */
function textOf({ label, insertText, textEdit }: CompletionItem): string {
  const text = textEdit?.newText ?? insertText ?? label.replace(/\?$/, '');
  const [, access = '', name = null] = /^(\?\.)?\[([^'"`].*)\]$/s.exec(text) ?? [];
  return name === null ? text : `${access}[${literal(name)}]`;
}

/** And so it does with a union's members outside of a string. */
function literal(value: string): string {
  if (/^(?:-?\d[\d.e+-]*n?|true|false|null|undefined|["'`].*)$/s.test(value)) return value;
  return `'${value.replace(/['\\]/g, '\\$&').replaceAll('\n', '\\n')}'`;
}

function rangeOf(range: EditRange | LspRange | undefined): LspRange | null {
  if (!range) return null;
  if ('insert' in range) return range.insert;
  return 'range' in range ? range.range : range;
}

function wordStart(before: string): number {
  return before.length - (/[\p{ID_Continue}$]*$/u.exec(before)?.[0].length ?? 0);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** As the protocol numbers them: a member of a union. */
const VALUE = 21;

/** As the protocol numbers them. */
const KINDS: Readonly<Record<number, string>> = {
  1: 'text',
  2: 'method',
  3: 'function',
  4: 'constructor',
  5: 'property',
  6: 'variable',
  7: 'class',
  8: 'interface',
  9: 'module',
  10: 'property',
  12: 'value',
  13: 'enum',
  14: 'keyword',
  17: 'file',
  19: 'folder',
  20: 'value',
  21: 'value',
  25: 'type',
};
