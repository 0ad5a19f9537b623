/** What a cell declares and refers to, by which later cells can supersede it. Pure. */
import { createRequire } from 'node:module';
import { type AnyNode, type ModuleDeclaration, parse, type Statement } from 'acorn';
import type * as eslintScope from 'eslint-scope';
import { withoutTypes } from '../typescript.ts';
import { type TypeDeclaration, typeDeclarations } from './type-declarations.ts';

/** A class and an import are both. */
export type Space = 'value' | 'type' | 'both';

/** An identifier in a cell that means a name of the session's. */
export interface Place {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** `own`: in the initializer of its own declaration, so what it reads is what the name was before. */
  readonly is: 'declaration' | 'reference' | 'own';
  /** It is read later, in a function, when the name may have come to mean something else. */
  readonly isDeferred: boolean;
  /** What it stands for there too: a key, as in `{ name }`, or an export, as in `import { name }`. */
  readonly shorthand: 'none' | 'key' | 'import' | 'export';
}

/** A statement that does nothing but declare, so that it can go with its last name; or one that is in the way. */
export interface Removable {
  readonly start: number;
  readonly end: number;
  /** Empty: it goes in any case. */
  readonly names: readonly string[];
}

export interface Cell {
  readonly code: string;
  readonly declares: ReadonlyMap<string, Space>;
  readonly places: readonly Place[];
  readonly removable: readonly Removable[];
  readonly types: readonly TypeDeclaration[];
}

type TopLevel = Statement | ModuleDeclaration;

/** Null when it is not a complete cell. */
export function readCell(code: string): Cell | null {
  const read = withoutTypes(code);
  if (read.as !== 'javascript') return null;
  const body = parseBody(read.code);
  if (!body) return null;
  const types = typeDeclarations(code, read.code, body);
  const places = placesOf(body);
  const declares = new Map<string, Space>();
  const add = (name: string, space: Space) => {
    const known = declares.get(name);
    declares.set(name, known === undefined || known === space ? space : 'both');
  };
  const ofBoth = new Set(body.filter(isOfBothSpaces).flatMap(({ start, end }) => namesIn(places, start, end)));
  for (const { name, is } of places) if (is === 'declaration') add(name, ofBoth.has(name) ? 'both' : 'value');
  for (const { name, space } of types) add(name, space);
  return { code, declares, places, types, removable: body.flatMap((statement) => removableOf(statement, places)) };
}

function parseBody(code: string): readonly TopLevel[] | null {
  try {
    const options = { ecmaVersion: 'latest', sourceType: 'module', ranges: true } as const;
    return parse(code, { ...options, allowAwaitOutsideFunction: true }).body;
  } catch {
    return null;
  }
}

/** Every identifier of a name that a cell has at its top level, or that none has. */
function placesOf(body: readonly TopLevel[]): Place[] {
  const scopes = analyze(body);
  const shorthands = shorthandsIn(body);
  const places: Place[] = [];
  const add = (identifier: object, is: Place['is'], isDeferred: boolean) => {
    const { name, start, end } = identifier as { name: string; start: number; end: number };
    places.push({ name, start, end, is, isDeferred, shorthand: shorthands.get(start) ?? 'none' });
  };
  for (const variable of scopes.module?.variables ?? []) {
    for (const { name } of variable.defs) add(name, 'declaration', false);
    for (const { identifier, init, from } of variable.references) {
      // The declaration itself, as eslint-scope counts it.
      if (init === true && variable.identifiers.some((name) => name === identifier)) continue;
      add(identifier, isInOwn(variable, identifier) ? 'own' : 'reference', isDeferred(from));
    }
  }
  for (const { identifier, from } of scopes.through) add(identifier, 'reference', isDeferred(from));
  return places.sort((a, b) => a.start - b.start);
}

function analyze(body: readonly TopLevel[]): {
  readonly module: eslintScope.Scope | null;
  readonly through: readonly eslintScope.Reference[];
} {
  // Loading it takes a while, and most processes never need it.
  const { analyze: analyzeScopes }: typeof eslintScope = createRequire(import.meta.url)('eslint-scope');
  const program = { type: 'Program', sourceType: 'module', body };
  const manager = analyzeScopes(program as unknown as Parameters<typeof analyzeScopes>[0], {
    ecmaVersion: 2024,
    sourceType: 'module',
    ignoreEval: true,
    fallback: 'iteration',
  });
  const { globalScope } = manager;
  return { module: globalScope?.childScopes[0] ?? null, through: globalScope?.through ?? [] };
}

function isDeferred(scope: eslintScope.Scope): boolean {
  return !['module', 'global'].includes(scope.variableScope.type);
}

/** Only a variable's: a function or a class may name itself. */
function isInOwn(variable: eslintScope.Variable, identifier: object): boolean {
  const { start } = identifier as { start: number };
  return variable.defs.some(({ type, node }) => {
    const range = node as unknown as { start: number; end: number };
    return type === 'Variable' && range.start < start && start < range.end;
  });
}

/** By where the identifier begins. */
function shorthandsIn(body: readonly TopLevel[]): Map<number, Place['shorthand']> {
  const found = new Map<number, Place['shorthand']>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) visit(item);
    else if (isNode(value)) {
      const shorthand = shorthandOf(value);
      if (shorthand) found.set(...shorthand);
      for (const child of Object.values(value)) visit(child);
    }
  };
  visit(body);
  return found;
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value;
}

function shorthandOf(node: AnyNode): [at: number, is: Place['shorthand']] | null {
  if (node.type === 'Property') return node.shorthand ? [node.key.start, 'key'] : null;
  if (node.type === 'ImportSpecifier' && node.imported.start === node.local.start) return [node.start, 'import'];
  if (node.type === 'ExportSpecifier' && node.local.start === node.exported.start) return [node.start, 'export'];
  return null;
}

function isOfBothSpaces({ type, ...statement }: TopLevel): boolean {
  const declared = 'declaration' in statement ? statement.declaration?.type : null;
  return type === 'ImportDeclaration' || type === 'ClassDeclaration' || declared === 'ClassDeclaration';
}

function removableOf(statement: TopLevel, places: readonly Place[]): Removable[] {
  const { start, end } = statement;
  // What never returned would make all that follows unreachable.
  if (statement.type === 'ThrowStatement' || isEndless(statement)) return [{ start, end, names: [] }];
  const names = isDeclaration(statement) ? namesIn(places, start, end) : [];
  return names.length > 0 ? [{ start, end, names }] : [];
}

function isEndless(statement: TopLevel): boolean {
  if (statement.type === 'ForStatement') return !statement.test;
  return (
    (statement.type === 'WhileStatement' || statement.type === 'DoWhileStatement') &&
    statement.test.type === 'Literal' &&
    Boolean(statement.test.value)
  );
}

function isDeclaration({ type }: TopLevel): boolean {
  return /^(?:Variable|Function|Class|Import|ExportNamed|ExportDefault)Declaration$/.test(type);
}

function namesIn(places: readonly Place[], start: number, end: number): string[] {
  return places.flatMap((place) =>
    place.is === 'declaration' && start <= place.start && place.end <= end ? [place.name] : [],
  );
}
