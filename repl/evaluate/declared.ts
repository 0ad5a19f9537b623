import { childrenOf, isFunction, isNode, nodesIn, type TreeNode, targetsOf } from './tree.ts';

export type NameKind = 'const' | 'let' | 'var' | 'using' | 'await using' | 'function' | 'class' | 'import';

/** A name that a cell has declared. */
export interface SessionName {
  readonly name: string;
  readonly kind: NameKind;
  /** The text of the declaration, with its types. */
  readonly source: string;
  readonly file: string;
  /** Where it begins in that file, from 1. */
  readonly line: number;
  /** Of an import; `exportName` null = the whole namespace. */
  readonly imported: { readonly url: string; readonly exportName: string | null } | null;
}

/** What nothing may be assigned to. */
export const isConstant = (kind: NameKind): boolean =>
  kind === 'const' || kind === 'import' || kind === 'using' || kind === 'await using';

export interface DeclaredName {
  readonly name: string;
  readonly kind: NameKind;
  /** The whole declaration. */
  readonly node: TreeNode;
}

/** Of a statement at the top of a cell: its own, and every `var` inside. */
export function declaredBy(statement: TreeNode): DeclaredName[] {
  const { type, id, kind, specifiers } = statement;
  if (type === 'FunctionDeclaration' || type === 'ClassDeclaration') {
    const named = type === 'ClassDeclaration' ? 'class' : 'function';
    return isNode(id) ? [{ name: String(id.name), kind: named, node: statement }] : [];
  }
  if (type === 'ImportDeclaration') {
    return nodesIn(specifiers).map((specifier) => ({ name: localName(specifier), kind: 'import', node: statement }));
  }
  if (type === 'VariableDeclaration') return variablesOf(statement, kind as NameKind);
  return varsIn(statement).flatMap((declaration) => variablesOf(declaration, 'var'));
}

export const localName = ({ local }: TreeNode): string => (isNode(local) ? String(local.name) : '');

/** The declarations with `var` inside a statement, whose names belong to all of the cell. */
export function varsIn(node: TreeNode): TreeNode[] {
  if (isFunction(node) || /^Class/.test(node.type)) return [];
  const below = childrenOf(node).flatMap(varsIn);
  return node.type === 'VariableDeclaration' && node.kind === 'var' ? [node, ...below] : below;
}

const variablesOf = (node: TreeNode, kind: NameKind): DeclaredName[] =>
  nodesIn(node.declarations)
    .flatMap(({ id }) => (isNode(id) ? targetsOf(id) : []))
    .map(({ name }) => ({ name: String(name), kind, node }));
