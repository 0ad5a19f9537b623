/** Loops that may never end ask each time round whether they were interrupted: nothing else reaches them after an `await`. */
import type { Edits } from './edits.ts';
import type { ReadCell } from './read-cell.ts';
import { childrenOf, isFunction, isNode, nodesIn, type TreeNode, waits } from './tree.ts';

/** The global that says so, and the parameter by which a cell's own code that waits does. */
export const GUARD = '__guard';
export const CELL = '__cell';

/** Every text that may be in the source of a function of a cell: a statement, before a condition, for one. */
export const GUARD_TEXTS = [`${GUARD}();`, `${GUARD}(),`, `${GUARD}()||1`] as const;

/** In the functions below a node: whoever calls them, and when. */
export function guardFunctions(node: TreeNode, cell: ReadCell, edits: Edits, isInFunction = false): void {
  const inside = isInFunction || isFunction(node);
  if (inside && isUnbounded(node)) guardLoop(node, cell, edits);
  for (const child of childrenOf(node)) guardFunctions(child, cell, edits, inside);
}

/**
 * In a statement of the cell's own that waits: once interrupted it does nothing more than finish the statement in it
 * that it waits in.
 */
export function guardWaiting(node: TreeNode, edits: Edits): void {
  if (isFunction(node)) return;
  const list = node.type === 'BlockStatement' ? node.body : node.type === 'SwitchCase' ? node.consequent : null;
  for (const [index, statement] of nodesIn(list).entries()) {
    const isLast = index === nodesIn(list).length - 1;
    if (!isLast && waits(statement)) edits.append(statement.end, `;${CELL}.check();`);
  }
  if (isNode(node.body) && (isUnbounded(node) || (isLoop(node) && waits(node)))) checkInside(node.body, edits);
  for (const child of childrenOf(node)) guardWaiting(child, edits);
}

const isLoop = ({ type }: TreeNode): boolean => /^(?:For|ForIn|ForOf|While|DoWhile)Statement$/.test(type);

/** All but those that count. */
const isUnbounded = ({ type, test, update }: TreeNode): boolean =>
  type === 'WhileStatement' ||
  type === 'DoWhileStatement' ||
  (type === 'ForStatement' && !(isNode(test) && isNode(update)));

/** At the end of a line if it can be; the rest of the line it would move. */
function guardLoop(
  { body, test, init, start }: TreeNode,
  { code, tokenEnds, semicolons }: ReadCell,
  edits: Edits,
): void {
  if (isNode(body) && body.type === 'BlockStatement' && endsLine(code, body.start + 1)) {
    edits.append(body.start + 1, GUARD_TEXTS[0]);
  } else if (isNode(test)) edits.insert(test.start, GUARD_TEXTS[1]);
  else {
    const from = isNode(init) ? init.end : (tokenEnds[tokenEnds.findIndex((end) => end > start) + 1] ?? start);
    const semicolon = semicolons.find((at) => at >= from);
    if (semicolon !== undefined) edits.append(semicolon + 1, GUARD_TEXTS[2]);
  }
}

const endsLine = (code: string, at: number): boolean => /^\s*?(?:\/\/.*)?(?:[\n\r\u2028\u2029]|$)/.test(code.slice(at));

function checkInside(body: TreeNode, edits: Edits): void {
  if (body.type === 'BlockStatement') edits.append(body.start + 1, `${CELL}.check();`);
  else {
    edits.insert(body.start, `{${CELL}.check();`);
    edits.append(body.end, '}');
  }
}
