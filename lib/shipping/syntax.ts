import { createRequire } from 'node:module';
import type * as acorn from 'acorn';

/** One node of an acorn tree, read generically: the walks here look at few of its many kinds. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** A function or class, read from its own source. */
export interface ReadSource {
  readonly form: 'function' | 'class' | 'method';
  /** What `Function.prototype.toString` gave. */
  readonly source: string;
  readonly program: SyntaxNode;
  /** The function or class itself, inside `program`, which has some code of ours around it. */
  readonly root: SyntaxNode;
  /** Where `source` starts inside `program`. */
  readonly offset: number;
  readonly strict: boolean;
  /** The index in `source` of what V8 calls the function's location. */
  readonly anchor: number;
}

/** Why a source tells nothing, and what to do. */
export type Unreadable = { readonly unreadable: string; readonly advice: string };

/** Code around a source so that it parses alone. A method of an object, so that `new.target` and `super` parse too. */
const WRAPPINGS = [
  { as: 'expression', before: '({_(){return(', after: '\n)}})' },
  { as: 'method', before: '({', after: '\n})' },
  { as: 'private', before: '(class{', after: '\n})' },
] as const;

const STRICT = "'use strict';";
const SHIPPABLE = new Set(['ArrowFunctionExpression', 'FunctionExpression', 'ClassExpression']);

/** What the code around a source is; 'unknown' is taken for strict where it can be. */
export type Mode = 'strict' | 'sloppy' | 'unknown';

/** Reads a function or class from its source. */
export function readSource(source: string, mode: Mode): ReadSource | Unreadable {
  let failure: unknown = null;
  for (const isStrict of mode === 'sloppy' ? [false] : [true, false]) {
    for (const { as, before, after } of WRAPPINGS) {
      try {
        return readAs(as, source, `${isStrict ? STRICT : ''}${before}`, after, isStrict);
      } catch (error) {
        failure ??= error;
      }
    }
  }
  const reason = failure instanceof Error ? failure.message : String(failure);
  return { unreadable: `has a source that cannot be read alone (${reason})`, advice: 'write it as a plain function' };
}

function readAs(
  as: 'expression' | 'method' | 'private',
  source: string,
  head: string,
  after: string,
  isStrict: boolean,
): ReadSource | Unreadable {
  const parser = loadAcorn();
  const program = asNode(parser.parse(head + source + after, PARSE_OPTIONS));
  if (as === 'private') return { unreadable: 'is a private method', advice: 'give its class' };
  const located = locateRoot(parser, program, head.length, source, as);
  // A class is strict wherever it stands.
  return { ...located, source, offset: head.length, program, strict: isStrict || located.form === 'class' };
}

/** The nodes directly below one. */
export function* childrenOf(node: SyntaxNode): Generator<SyntaxNode> {
  for (const field of Object.values(node)) {
    for (const child of Array.isArray(field) ? field : [field]) if (isNode(child)) yield child;
  }
}

export const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

const PARSE_OPTIONS: acorn.Options = {
  ecmaVersion: 'latest',
  sourceType: 'script',
  // eslint-scope reads them.
  ranges: true,
  // What belongs to the surroundings must parse, so that the refusal can name it.
  allowImportExportEverywhere: true,
  allowSuperOutsideMethod: true,
  checkPrivateFields: false,
};

/** Only shipping needs it, and loading it takes longer than starting an instance does. */
const loadAcorn = (): typeof acorn => createRequire(import.meta.url)('acorn');

function locateRoot(
  parser: typeof acorn,
  program: SyntaxNode,
  offset: number,
  source: string,
  as: 'expression' | 'method',
): Pick<ReadSource, 'form' | 'root' | 'anchor'> {
  const root = firstBehind(program, offset);
  if (root === null) throw new SyntaxError('it is neither a function nor a class');
  // acorn starts a method's function at its parameter list, which is where V8 puts it.
  if (as === 'method') return { form: 'method', root, anchor: root.start - offset };
  if (root.type === 'ClassExpression') return { form: 'class', root, anchor: classLocation(root) - offset };
  const anchor = root.type === 'FunctionExpression' ? parameterList(parser, source) : 0;
  return { form: 'function', root, anchor };
}

function firstBehind(node: SyntaxNode, offset: number): SyntaxNode | null {
  if (node.start >= offset && SHIPPABLE.has(node.type)) return node;
  for (const child of childrenOf(node)) {
    if (child.end <= offset) continue;
    // The key of a method may be computed by a function; the method itself is the value.
    const found = firstBehind(
      child.type === 'Property' && child.start >= offset && isNode(child.value) ? child.value : child,
      offset,
    );
    if (found !== null) return found;
  }
  return null;
}

/** V8 puts a class at its written constructor's parameter list, else at the word `class`. */
function classLocation(root: SyntaxNode): number {
  for (const member of membersOf(root)) {
    if (member.kind === 'constructor' && isNode(member.value)) return member.value.start;
  }
  return root.start;
}

export function membersOf(classNode: SyntaxNode): SyntaxNode[] {
  return isNode(classNode.body) ? [...childrenOf(classNode.body)] : [];
}

function parameterList(parser: typeof acorn, source: string): number {
  for (const token of parser.tokenizer(source, { ecmaVersion: 'latest' })) {
    if (token.type.label === '(') return token.start;
  }
  return 0;
}

const asNode = (program: acorn.Program): SyntaxNode => program as unknown as SyntaxNode;
