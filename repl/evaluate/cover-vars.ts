import type { Edits } from './edits.ts';
import { childrenOf, isFunction, isNode, nodesIn, type TreeNode } from './tree.ts';

/** Makes each `var` in a statement an assignment: the variable is the session's. */
export function coverVars(node: TreeNode, edits: Edits): void {
  if (isFunction(node) || /^Class/.test(node.type)) return;
  for (const child of childrenOf(node)) {
    if (child.type === 'VariableDeclaration' && child.kind === 'var') {
      const [first] = nodesIn(child.declarations);
      edits.cover(child.start, first?.start ?? child.start, replacementIn(node, child));
    }
    coverVars(child, edits);
  }
}

function replacementIn(parent: TreeNode, declaration: TreeNode): string {
  if (parent.left === declaration) return '';
  const [first] = nodesIn(declaration.declarations);
  if (parent.init === declaration) return isNode(first?.id) && first.id.type === 'ObjectPattern' ? '0,' : '';
  return Array.isArray(parent.body) || Array.isArray(parent.consequent) ? ';0,' : '0,';
}
