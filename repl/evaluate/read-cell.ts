import { type Options, Parser, type Token } from 'acorn';
import { withoutTypes } from '../typescript.ts';
import type { Fault } from './cell-error.ts';
import type { TreeNode } from './tree.ts';

/** A cell as JavaScript. All of it stands where its user typed it. */
export interface ReadCell {
  readonly code: string;
  readonly statements: readonly TreeNode[];
  readonly program: TreeNode;
  /** Where each token ends, ascending. */
  readonly tokenEnds: readonly number[];
  /** The start of each semicolon. */
  readonly semicolons: readonly number[];
}

export type Read =
  | { readonly as: 'cell'; readonly cell: ReadCell }
  /** `incomplete`: more lines may complete it. */
  | { readonly as: 'incomplete' | 'invalid'; readonly fault: Fault };

const HINTS: readonly (readonly [found: RegExp, hint: string])[] = [
  [/enum/, "write `const Color = { Red: 'red' } as const`"],
  [/namespace|module/, 'write an object, or a file and an import'],
  [/parameter property/, 'declare the field and assign to it in the constructor'],
  [/angle-bracket/, ''],
  [/import assignment|`import \w+ =/i, "write `import name from 'module'`"],
];

/** Reads TypeScript or JavaScript. `{ a: 1 }` is an object here, not a block with a label. */
export function readCell(source: string): Read {
  if (/^\s*\{/.test(source) && !/;\s*$/.test(source)) {
    const cell = readObject(source);
    if (cell !== null) return { as: 'cell', cell };
  }
  if (mayHaveTypeArguments(source)) {
    const read = readTyped(source, NO_FAULT);
    if (read.as === 'cell') return read;
  }
  try {
    return { as: 'cell', cell: parseCell(source) };
  } catch (error) {
    return readTyped(source, faultOf(error));
  }
}

const NO_FAULT: Fault = { message: '', at: 0 };

/** `new Set<string>(names)` is JavaScript, too, with two comparisons: nobody means that. */
function mayHaveTypeArguments(source: string): boolean {
  const first = source.indexOf('<');
  return first >= 0 && />\s*[(`]/.test(source.slice(first));
}

function readTyped(source: string, fault: Fault): Read {
  const read = withoutTypes(source);
  if (read.as === 'incomplete' || (read.as === 'invalid' && endsTooEarly(source, fault))) {
    const message = /^Unterminated/.test(fault.message) ? fault.message : read.error.message;
    return { as: 'incomplete', fault: { message, at: source.length } };
  }
  if (read.as !== 'javascript') {
    // JavaScript's own reader has found an earlier fault only where that is a type.
    const at = placeIn(read.error.stack ?? '', source) ?? fault.at;
    return { as: 'invalid', fault: { message: withHint(read.error.message, read.as === 'unsupported'), at } };
  }
  try {
    return { as: 'cell', cell: parseCell(read.code) };
  } catch (error) {
    const left = faultOf(error);
    if (endsTooEarly(source, left)) return { as: 'incomplete', fault: left };
    const isDecorator = source[left.at] === '@';
    const message = isDecorator ? 'decorators are not supported; call the function on the class instead' : left.message;
    return { as: 'invalid', fault: { message, at: left.at } };
  }
}

/** What JavaScript's own reader finds at the end; a string goes on behind a backslash. */
function endsTooEarly(source: string, { message, at }: Fault): boolean {
  if (/^(?:Unexpected token|Illegal newline)/.test(message)) return at >= source.trimEnd().length;
  // It says where the `try` is.
  if (message.startsWith('Missing catch')) return source.trimEnd().endsWith('}');
  return message === 'Unterminated string constant' && /\\\n?$/.test(source);
}

function readObject(source: string): ReadCell | null {
  const attempt = (code: string): ReadCell | null => {
    try {
      const { tokenEnds, semicolons, ...options } = listening();
      const expression = CellParser.parseExpressionAt(code, 0, options) as unknown as TreeNode;
      const rest = [...CellParser.tokenizer(code.slice(expression.end), OPTIONS)];
      if (rest.length > 0) return null;
      const statement = { type: 'ExpressionStatement', start: expression.start, end: expression.end, expression };
      return { code, statements: [statement], program: statement, tokenEnds, semicolons };
    } catch {
      return null;
    }
  };
  const plain = attempt(source);
  if (plain !== null) return plain;
  const read = withoutTypes(`(${source}\n)`);
  return read.as === 'javascript' ? attempt(read.code.slice(1, -2)) : null;
}

function parseCell(code: string): ReadCell {
  const { tokenEnds, semicolons, ...options } = listening();
  const program = CellParser.parse(code, options) as unknown as TreeNode;
  return { code, program, statements: program.body as readonly TreeNode[], tokenEnds, semicolons };
}

/** A script, so not strict unless it says so, with what else only a module may have. */
const OPTIONS: Options = {
  ecmaVersion: 'latest',
  sourceType: 'script',
  allowImportExportEverywhere: true,
  allowAwaitOutsideFunction: true,
  allowHashBang: true,
  // eslint-scope reads them.
  ranges: true,
};

const CellParser = Parser.extend(
  (Base) =>
    class extends Base {
      /** At the top of a script acorn has it not; V8 is not asked, as there it is written otherwise. */
      get allowUsing(): boolean {
        return true;
      }
    },
);

function listening(): Options & Pick<ReadCell, 'tokenEnds' | 'semicolons'> {
  const tokenEnds: number[] = [];
  const semicolons: number[] = [];
  const onToken = ({ type, start, end }: Token): void => {
    tokenEnds.push(end);
    if (type.label === ';') semicolons.push(start);
  };
  return { ...OPTIONS, onToken, tokenEnds, semicolons };
}

function faultOf(error: unknown): Fault {
  if (!(error instanceof SyntaxError) || !('pos' in error)) throw error;
  return { message: error.message.replace(/ \(\d+:\d+\)$/, ''), at: Number(error.pos) };
}

function withHint(message: string, isUnsupported: boolean): string {
  if (!isUnsupported) return message;
  const hint = HINTS.find(([found]) => found.test(message))?.[1] ?? 'only types that can be left out are';
  return hint === '' ? message : `${message.replace(' in strip-only mode', ' here')}; ${hint}`;
}

/** Node shows the place above its message: `:line`, the line itself and a caret below the column. */
function placeIn(stack: string, source: string): number | null {
  const [, line, indent] = /^[^\n]*:(\d+)\n[^\n]*\n([^\n^]*)\^/.exec(stack) ?? [];
  if (line === undefined || indent === undefined) return null;
  const lines = source.split('\n').slice(0, Number(line) - 1);
  return lines.reduce((at, text) => at + text.length + 1, 0) + indent.length;
}
