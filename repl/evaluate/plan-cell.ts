/** What is to be done for a cell. Pure. Every piece of it runs where its user typed it, in line and column. */
import { type CellPlace, cellError } from './cell-error.ts';
import { keepValue } from './completion-value.ts';
import { findAssignment } from './constants.ts';
import { coverVars } from './cover-vars.ts';
import { type DeclaredName, declaredBy, isConstant } from './declared.ts';
import { Edits, type Move } from './edits.ts';
import { CELL, guardFunctions, guardWaiting } from './guards.ts';
import { type PlannedImport, plannedImport } from './planned-import.ts';
import { type ReadCell, readCell } from './read-cell.ts';
import { NAMES } from './realm.ts';
import { childrenOf, isNode, nodesIn, type TreeNode, waits } from './tree.ts';

/** The global that stands for `import.meta`. */
export const IMPORT_META = '$importMeta';

/** A script; `code` has something of ours before what stands at `start` in the cell's text. */
export interface Piece {
  readonly code: string;
  readonly start: number;
  readonly numBefore: number;
  /** How far it is moved by what is inserted before it in its line. */
  readonly movedBy: number;
  /** Its value is then a function of the cell's, to be called and waited for. */
  readonly waits: boolean;
}

export interface CellPlan {
  readonly declared: readonly DeclaredName[];
  /** Have no value until their declaration runs. */
  readonly emptied: readonly string[];
  readonly imports: readonly PlannedImport[];
  readonly functions: readonly { readonly name: string; readonly piece: Piece }[];
  readonly pieces: readonly Piece[];
  /** Whether the last piece's value is the cell's. */
  readonly hasValue: boolean;
  readonly moves: readonly Move[];
}

/** What a plan depends on, of earlier cells. */
export interface Earlier {
  isConstant(name: string): boolean;
  /** Whether code has to be inside of a `with`, that it finds its variables in. */
  hidesIn(code: string, declaring: readonly string[]): boolean;
}

/** Throws a SyntaxError. */
export function planCell(source: string, place: CellPlace, earlier: Earlier): CellPlan {
  const read = readCell(source);
  if (read.as !== 'cell') throw cellError(read.fault, source, place);
  const plan = new Planning(read.cell, earlier).plan();
  for (const { name, node } of plan.declared) {
    if (!/^(?:undefined|NaN|Infinity)$/.test(name)) continue;
    throw cellError({ message: `${name} cannot be declared`, at: node.start }, source, place);
  }
  const kinds = new Map(plan.declared.map(({ name, kind }) => [name, kind]));
  const assigned = findAssignment(read.cell.program, (name) => {
    const kind = kinds.get(name);
    return kind === undefined ? earlier.isConstant(name) : isConstant(kind);
  });
  if (assigned === null) return plan;
  const message = `Assignment to constant variable '${String(assigned.name)}'; declare it again to change it`;
  throw cellError({ message, at: assigned.start }, source, place);
}

/** A stretch of the cell's text that becomes one script. */
interface Stretch {
  readonly start: number;
  end: number;
  readonly before: string;
  readonly after: string;
  readonly waits: boolean;
}

class Planning {
  readonly #cell: ReadCell;
  readonly #edits: Edits;
  readonly #declared: DeclaredName[] = [];
  readonly #imports: PlannedImport[] = [];
  readonly #functions: { readonly name: string; readonly stretch: Stretch }[] = [];
  readonly #stretches: Stretch[] = [];
  /** Where the next statement may go on. */
  #open: Stretch | null = null;
  #hasValue = false;
  readonly #earlier: Earlier;

  constructor(cell: ReadCell, earlier: Earlier) {
    this.#cell = cell;
    this.#earlier = earlier;
    this.#edits = new Edits(cell.code, cell.tokenEnds);
  }

  plan(): CellPlan {
    const { program, statements } = this.#cell;
    guardFunctions(program, this.#cell, this.#edits);
    this.#nameImportMeta(program);
    const full = statements.filter(({ type }) => type !== 'EmptyStatement');
    for (const [index, statement] of full.entries()) this.#take(statement, index === full.length - 1);
    return {
      declared: this.#declared,
      emptied: this.#declared.filter(isEmptied).map(({ name }) => name),
      imports: this.#imports,
      functions: this.#functions.map(({ name, stretch }) => ({ name, piece: this.#piece(stretch) })),
      pieces: this.#stretches.map((stretch) => this.#piece(stretch)),
      hasValue: this.#hasValue,
      moves: this.#edits.moves(),
    };
  }

  #take(statement: TreeNode, isLast: boolean): void {
    const { type, declaration } = statement;
    this.#hasValue = false;
    if (/^(?:Import|Export)/.test(type)) this.#open = null;
    if (type === 'ExportDefaultDeclaration' && isNode(declaration) && !isNode(declaration.id)) {
      this.#hasValue = true;
      this.#takeExpression(declaration);
    } else if (/^Export/.test(type) && isNode(declaration)) this.#takeOwn(declaration, isLast);
    else if (/^(?:Import|Export)/.test(type)) this.#takeImport(statement);
    else this.#takeOwn(statement, isLast);
  }

  #takeImport(statement: TreeNode): void {
    this.#declared.push(...declaredBy(statement));
    if (isNode(statement.source)) this.#imports.push(plannedImport(statement));
  }

  #takeOwn(statement: TreeNode, isLast: boolean): void {
    const { type, start, end, id, expression } = statement;
    this.#declared.push(...declaredBy(statement));
    const name = isNode(id) ? String(id.name) : '';
    if (type === 'FunctionDeclaration') {
      this.#open = null;
      this.#functions.push({ name, stretch: { start, end, before: '(', after: ')', waits: false } });
    } else if (type === 'ClassDeclaration') this.#add(statement, `${name}=`, '');
    else if (type === 'VariableDeclaration') {
      const [first] = nodesIn(statement.declarations);
      // What is behind a comma need not be closed, so that nothing moves.
      this.#edits.cover(start, first?.start ?? start, ';0,');
      if (waits(statement)) this.#add(statement, '', '');
      else this.#extend(statement);
    } else {
      this.#hasValue = true;
      coverVars(statement, this.#edits);
      if (isNode(expression) && (waits(statement) || this.#cell.code[start] === '{')) this.#takeExpression(expression);
      else if (waits(statement)) this.#takeWaiting(statement, isLast);
      else this.#extend(statement);
    }
  }

  #takeExpression(expression: TreeNode): void {
    if (waits(expression)) this.#add(expression, `${CELL}.value=(`, ')');
    else if (/^\{|^(?:(?:async\s+)?function|class|let)\b/.test(this.#cell.code.slice(expression.start)))
      this.#add(expression, '(', ')');
    else this.#add(expression, '', '');
  }

  #takeWaiting(statement: TreeNode, isLast: boolean): void {
    guardWaiting(statement, this.#edits);
    if (isLast) keepValue(statement, this.#edits, false);
    this.#add(statement, '', '');
  }

  /** A script of its own, so that what is before it and behind it moves nothing. */
  #add(node: TreeNode, before: string, after: string): void {
    this.#open = null;
    const { start, end } = node;
    const stretch = waits(node)
      ? { start, end, before: `(async ${CELL}=>{${before}`, after: `${after}})`, waits: true }
      : { start, end, before, after, waits: false };
    this.#stretches.push(stretch);
  }

  #extend({ start, end }: TreeNode): void {
    if (this.#open !== null) this.#open.end = end;
    else {
      this.#open = { start, end, before: '', after: '', waits: false };
      this.#stretches.push(this.#open);
    }
  }

  #piece({ start, end, before, after, waits: isWaiting }: Stretch): Piece {
    const text = this.#edits.slice(start, end);
    const [ahead, behind] = this.#around(text);
    const code = ahead + before + text + after + behind;
    const numBefore = ahead.length + before.length;
    return { code, start, numBefore, movedBy: this.#edits.movedBy(start), waits: isWaiting };
  }

  /** What is strict has no `with` around it. */
  #around(text: string): readonly [before: string, after: string] {
    const names = this.#declared.map(({ name }) => name);
    if (this.#earlier.hidesIn(text, names)) return [`with(${NAMES}){`, '}'];
    const isStrict = this.#cell.statements.some(({ directive }) => directive === 'use strict');
    return isStrict ? ["'use strict';", ''] : ['', ''];
  }

  /** Scripts have none; ours has as many letters. */
  #nameImportMeta(node: TreeNode): void {
    if (node.type === 'MetaProperty' && isNode(node.meta) && node.meta.name === 'import') {
      this.#edits.cover(node.start, node.end, IMPORT_META);
    }
    for (const child of childrenOf(node)) this.#nameImportMeta(child);
  }
}

const isEmptied = ({ kind, name, node }: DeclaredName): boolean => {
  if (/using$/.test(kind)) return true;
  const isMissing = ({ id, init }: TreeNode): boolean => isNode(id) && id.name === name && !isNode(init);
  return kind === 'let' && nodesIn(node.declarations).some(isMissing);
};
