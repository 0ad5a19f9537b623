/** Where in the code the names that there are at the prompt may stand. Pure. */
import { type Token, tokenizer } from 'acorn';

export interface LivePlace {
  /** `a.b` of `a.b.c`; '': the word stands by itself. */
  readonly path: string;
  /** What is typed of the name. */
  readonly begun: string;
}

const WORD = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/**
 * null: what is typed there is no plain path and no word where an expression begins, as the member of a call's result
 * or a key of an object; or it is a text, or a comment. Of these only the types know.
 */
export function livePlace(before: string): LivePlace | null {
  const words = wordsIn(before);
  if (words === null) return null;
  const begun = words.at(-1)?.end === before.length && isWord(words.at(-1)) ? (words.pop()?.text ?? '') : '';
  const path: string[] = [];
  while (words.at(-1)?.text === '.') {
    const owner = words.at(-2);
    if (!isWord(owner)) return null;
    path.unshift(owner?.text ?? '');
    words.splice(-2);
  }
  const start = path.length > 0 || begun !== '' ? before.length - begun.length : before.length;
  return isExpressionStart(words, before, start) ? { path: path.join('.'), begun } : null;
}

interface Word {
  readonly text: string;
  readonly end: number;
  /** An expression may begin behind it. */
  readonly opens: boolean;
}

const isWord = (word: Word | undefined): boolean => word !== undefined && WORD.test(word.text);

/** null: the code ends in a text or in a comment. */
function wordsIn(before: string): Word[] | null {
  let isComment = false;
  const onComment = (isBlock: boolean, _: string, _start: number, end: number): void => {
    isComment = !isBlock && end === before.length;
  };
  try {
    const tokens = [...tokenizer(before, { ecmaVersion: 'latest', sourceType: 'module', onComment })];
    return isComment ? null : tokens.map((token) => wordOf(token, before));
  } catch {
    return null;
  }
}

const wordOf = ({ start, end, type }: Token, code: string): Word => {
  const text = code.slice(start, end);
  return { text, end, opens: ('beforeExpr' in type && type.beforeExpr === true) || text === 'await' || text === 'of' };
};

/** A new line begins a statement, except where the one before it goes on. */
function isExpressionStart(words: readonly Word[], before: string, start: number): boolean {
  const last = words.at(-1);
  if (last === undefined) return true;
  if (last.text === '?.' || last.text === '.') return false;
  const isKey = (last.text === '{' || last.text === ',') && opensObject(words);
  if (isKey) return false;
  return last.opens || before.slice(last.end, start).includes('\n');
}

/** Of the brace that is open at the end: of an object, a class or an import; not of a block. */
function opensObject(words: readonly Word[]): boolean {
  let depth = 0;
  for (let at = words.length - 1; at >= 0; at--) {
    const { text } = words[at] ?? { text: '' };
    if (/^[)\]}]$/.test(text)) depth++;
    else if (/^(?:[([{]|\$\{)$/.test(text) && depth-- === 0) return text === '{' && !isBlock(words[at - 1]);
  }
  return false;
}

const isBlock = (before: Word | undefined): boolean =>
  before === undefined || /^(?:;|\{|\}|\)|=>|else|do|try|finally)$/.test(before.text);
