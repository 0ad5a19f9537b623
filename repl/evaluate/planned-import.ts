import { localName } from './declared.ts';
import { isNode, nodesIn, type TreeNode } from './tree.ts';

export interface PlannedImport {
  readonly specifier: string;
  /** As in `with { type: 'json' }`. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly names: readonly ImportedName[];
  /** Where it stands. */
  readonly at: number;
}

export interface ImportedName {
  readonly name: string;
  /** Null: the whole namespace. */
  readonly exportName: string | null;
  readonly at: number;
}

/** Of an import, or of an export from elsewhere, which is only loaded. */
export function plannedImport({ type, source, specifiers, attributes, start }: TreeNode): PlannedImport {
  return {
    specifier: isNode(source) ? String(source.value) : '',
    attributes: Object.fromEntries(nodesIn(attributes).map(({ key, value }) => [textOf(key), textOf(value)])),
    names: type === 'ImportDeclaration' ? nodesIn(specifiers).map(importedName) : [],
    at: start,
  };
}

function importedName(specifier: TreeNode): ImportedName {
  const { type, imported, start } = specifier;
  const exportName =
    type === 'ImportNamespaceSpecifier' ? null : type === 'ImportDefaultSpecifier' ? 'default' : textOf(imported);
  return { name: localName(specifier), exportName, at: start };
}

const textOf = (node: unknown): string =>
  isNode(node) ? String(node.type === 'Identifier' ? node.name : node.value) : '';
