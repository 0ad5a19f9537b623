/** One node of an acorn tree, read generically: the walks here look at few of its many kinds. */
export interface TreeNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export const isNode = (value: unknown): value is TreeNode =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' && 'start' in value;

/** The nodes directly below one, in the order of the text. Every walk asks this of every node, so it is a plain loop. */
export function childrenOf(node: TreeNode): TreeNode[] {
  const children: TreeNode[] = [];
  for (const name in node) {
    const field = node[name];
    if (isNode(field)) children.push(field);
    else if (Array.isArray(field)) children.push(...field.filter(isNode));
  }
  return children;
}

export const nodesIn = (field: unknown): TreeNode[] => (Array.isArray(field) ? field.filter(isNode) : []);

export const isFunction = ({ type }: TreeNode): boolean =>
  type === 'FunctionDeclaration' || type === 'FunctionExpression' || type === 'ArrowFunctionExpression';

/** The names that a pattern gives values to: of `{ a, b: [c] }` a and c. */
export function targetsOf(pattern: TreeNode): TreeNode[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern];
    case 'ObjectPattern':
      return nodesIn(pattern.properties).flatMap((property) =>
        targetsOf(isNode(property.value) ? property.value : property),
      );
    case 'ArrayPattern':
      return nodesIn(pattern.elements).flatMap(targetsOf);
    case 'AssignmentPattern':
      return isNode(pattern.left) ? targetsOf(pattern.left) : [];
    case 'RestElement':
      return isNode(pattern.argument) ? targetsOf(pattern.argument) : [];
    default:
      return []; // a property, whose object keeps its name
  }
}

/** Whether it waits, itself and not a function in it. */
export function waits(node: TreeNode): boolean {
  if (node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node.await === true)) return true;
  if (node.type === 'VariableDeclaration' && node.kind === 'await using') return true;
  return !isFunction(node) && childrenOf(node).some(waits);
}
