/** Has a statement of a cell that waits keep its value, as V8 does for those that do not. */
import type { Edits } from './edits.ts';
import { CELL } from './guards.ts';
import { isNode, nodesIn, type TreeNode } from './tree.ts';

const NO_VALUE = /^(?:EmptyStatement|BreakStatement|ContinueStatement|\w+Declaration)$/;

/** `isListed`: whether other statements may stand before it, where it stands. */
export function keepValue(statement: TreeNode, edits: Edits, isListed: boolean): void {
  const { type, body, expression, handler } = statement;
  if (type === 'ExpressionStatement') {
    if (isNode(expression)) keepExpression(expression, edits, isListed);
    return;
  }
  if (type === 'BlockStatement') keepLast(nodesIn(body), edits);
  else for (const inner of [body, statement.block, statement.consequent, statement.alternate]) keepInside(inner, edits);
  if (isNode(handler)) keepInside(handler.body, edits);
  for (const { consequent } of nodesIn(statement.cases)) keepLast(nodesIn(consequent), edits);
}

function keepExpression(expression: TreeNode, edits: Edits, isListed: boolean): void {
  const last = nodesIn(expression.type === 'SequenceExpression' ? expression.expressions : null).at(-1) ?? expression;
  if (isListed && last === expression) edits.insertStatement(last.start, `${CELL}.value=`);
  else edits.insert(last.start, `${CELL}.value=`);
}

function keepInside(statement: unknown, edits: Edits): void {
  if (isNode(statement)) keepValue(statement, edits, false);
}

function keepLast(list: readonly TreeNode[], edits: Edits): void {
  const last = list.findLast(({ type }) => !NO_VALUE.test(type));
  if (last !== undefined) keepValue(last, edits, true);
}
