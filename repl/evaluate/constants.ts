import { createRequire } from 'node:module';
import type * as eslintScope from 'eslint-scope';
import { childrenOf, isNode, type TreeNode, targetsOf } from './tree.ts';

/** Where a cell assigns to a name of the session's that is constant; null: nowhere. */
export function findAssignment(program: TreeNode, isConstant: (name: string) => boolean): TreeNode | null {
  const suspects = assignedIn(program).filter(({ name }) => isConstant(String(name)));
  if (suspects.length === 0) return null;
  const own = referencesToTop(program);
  return suspects.find((suspect) => own.has(suspect.start)) ?? null;
}

function assignedIn(node: TreeNode): TreeNode[] {
  const target =
    node.type === 'AssignmentExpression' || node.type === 'ForInStatement' || node.type === 'ForOfStatement'
      ? node.left
      : node.type === 'UpdateExpression'
        ? node.argument
        : null;
  return [...(isNode(target) ? targetsOf(target) : []), ...childrenOf(node).flatMap(assignedIn)];
}

/** Where names stand that are declared in no function or block of the cell. */
function referencesToTop(program: TreeNode): ReadonlySet<number> {
  const { analyze }: typeof eslintScope = createRequire(import.meta.url)('eslint-scope');
  const options = { ecmaVersion: 2024, sourceType: 'module', fallback: 'iteration' } as const;
  const manager = analyze(program as unknown as Parameters<typeof analyze>[0], options);
  const isTop = (scope: eslintScope.Scope): boolean => scope.type === 'global' || scope.type === 'module';
  const found = manager.scopes
    .flatMap(({ references }) => references)
    .filter(({ resolved }) => resolved === null || isTop(resolved.scope));
  return new Set(found.map(({ identifier }) => ('start' in identifier ? Number(identifier.start) : -1)));
}
