/** What a piece of code takes from its surroundings without naming a variable: `this`, `super`, private names … */
import { childrenOf, isNode, membersOf, type ReadSource, type SyntaxNode } from './syntax.ts';

/** Why a source cannot run alone. */
export interface Obstacle {
  /** Behind the function's name: "uses 'this' of the code around it". */
  readonly reason: string;
  readonly advice: string;
  /** Where it stands, as the syntax tree counts. */
  readonly at: number;
}

export interface Surroundings {
  readonly obstacles: readonly Obstacle[];
  /** Where an identifier stands directly behind `typeof`, which no missing name can make fail. */
  readonly typeofPositions: ReadonlySet<number>;
}

interface Owned {
  readonly self: boolean;
  readonly home: boolean;
  readonly privates: ReadonlySet<string>;
}

/** Pure. Names nothing that is owned by a function or class within the source. */
export function findSurroundings({ root, form }: ReadSource): Surroundings {
  const obstacles: Obstacle[] = [];
  const typeofPositions = new Set<number>();
  const what = form === 'class' ? 'class' : 'function';

  const visit = (node: SyntaxNode, owned: Owned): void => {
    const found = RULES[node.type]?.(node, owned, what) ?? null;
    if (found !== null) obstacles.push({ reason: found[0], advice: found[1], at: node.start });
    if (node.type === 'UnaryExpression' && node.operator === 'typeof' && isNode(node.argument)) {
      if (node.argument.type === 'Identifier') typeofPositions.add(node.argument.start);
    }
    for (const [child, below] of withOwned(node, owned)) visit(child, below);
  };
  visit(root, { self: false, home: false, privates: new Set() });
  return { obstacles, typeofPositions };
}

type Found = readonly [reason: string, advice: string];
type Rule = (node: SyntaxNode, owned: Owned, what: string) => Found | null;

/** By kind of node: why it cannot run without its surroundings and what to do, or null where it can. */
const RULES: Readonly<Record<string, Rule>> = {
  ThisExpression: (_node, owned, what) => (owned.self ? null : outer('this', what)),
  Super: (_node, owned) => (owned.home ? null : ["uses 'super' of the object it was written in", 'give the class']),
  MetaProperty: ({ meta }, owned, what) => {
    if (isNode(meta) && meta.name === 'import') {
      return ["uses 'import.meta', which only a module has", 'read it outside and use the value'];
    }
    return owned.self ? null : outer('new.target', what);
  },
  Identifier: ({ name }, owned, what) => (name === 'arguments' && !owned.self ? outer('arguments', what) : null),
  PrivateIdentifier: ({ name }, owned) =>
    owned.privates.has(String(name)) ? null : [`uses the private '#${name}' of its class`, 'give the class'],
  // `eval?.()` and `(0, eval)()` see globals alone.
  CallExpression: ({ callee, optional }) =>
    isNode(callee) && callee.name === 'eval' && optional !== true
      ? ["calls 'eval', which may use any variable around it", "write '(0, eval)' to have it see globals alone"]
      : null,
  WithStatement: () => ["uses 'with', which hides what its names mean", 'name the object each time'],
};

const outer = (word: string, what: string): Found => [
  `uses '${word}' of the code around it`,
  what === 'class'
    ? 'write the class without it'
    : 'make it a method of a class, or copy what it needs into a variable',
];

/** The children of a node, each with what is its own there. Names that are only labels of properties are left out. */
function* withOwned(node: SyntaxNode, owned: Owned): Generator<readonly [SyntaxNode, Owned]> {
  const label = node.type === 'MemberExpression' ? node.property : LABELLED.has(node.type) ? node.key : null;
  const below = ownedBelow(node, owned);
  for (const child of childrenOf(node)) {
    if (child !== label) yield [child, below];
    // What computes a label runs outside of what it labels.
    else if (node.computed === true || child.type === 'PrivateIdentifier') yield [child, owned];
  }
}

const LABELLED = new Set(['MethodDefinition', 'PropertyDefinition', 'Property']);

function ownedBelow(node: SyntaxNode, owned: Owned): Owned {
  switch (node.type) {
    case 'FunctionDeclaration':
    case 'FunctionExpression':
      return { ...owned, self: true };
    case 'ClassDeclaration':
    case 'ClassExpression':
      return { ...owned, privates: new Set([...owned.privates, ...privatesOf(node)]) };
    case 'StaticBlock':
    case 'PropertyDefinition':
      return { ...owned, self: true, home: true };
    case 'MethodDefinition':
      return { ...owned, home: true };
    case 'Property':
      return node.method === true || node.kind !== 'init' ? { ...owned, home: true } : owned;
    default:
      return owned;
  }
}

const privatesOf = (classNode: SyntaxNode): string[] =>
  membersOf(classNode).flatMap(({ key }) =>
    isNode(key) && key.type === 'PrivateIdentifier' ? [String(key.name)] : [],
  );
