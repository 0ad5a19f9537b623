import { createRequire } from 'node:module';
import type * as eslintScope from 'eslint-scope';
import type { ReadSource, SyntaxNode } from './syntax.ts';

export interface FreeVariable {
  readonly name: string;
  /** Whether the source itself assigns to it. */
  readonly isWritten: boolean;
  /** Whether it stands behind `typeof` only, which no missing name can make fail. */
  readonly isOptional: boolean;
}

export interface Reference extends FreeVariable {
  /** Where it stands, as the syntax tree counts. */
  readonly at: number;
}

/** Where a source reads or writes variables that it does not declare, in order of appearance. */
export function freeReferences({ program, root }: ReadSource, typeofPositions: ReadonlySet<number>): Reference[] {
  const found: Reference[] = [];
  for (const reference of unresolved(program)) {
    const { name } = reference.identifier;
    const at = startOf(reference.identifier);
    // The key of a method is only its label: it is not shipped, so what computes it is not missed.
    if (at < root.start) continue;
    // JavaScript's own, never a variable around; where it is not the function's own, it was refused already.
    if (name !== 'arguments')
      found.push({ name, isWritten: reference.isWrite(), isOptional: typeofPositions.has(at), at });
  }
  return found;
}

/** Each variable once. */
export function variablesOf(references: readonly Reference[]): FreeVariable[] {
  const byName = Map.groupBy(references, ({ name }) => name);
  return [...byName].map(([name, all]) => ({
    name,
    isWritten: all.some(({ isWritten }) => isWritten),
    isOptional: all.every(({ isOptional }) => isOptional),
  }));
}

function unresolved(program: SyntaxNode): readonly eslintScope.Reference[] {
  const { analyze } = loadEslintScope();
  const manager = analyze(program as unknown as Parameters<typeof analyze>[0], {
    ecmaVersion: 2024,
    sourceType: 'script',
    ignoreEval: true,
    fallback: 'iteration',
  });
  return manager.globalScope?.through ?? [];
}

const startOf = (identifier: object): number =>
  'start' in identifier && typeof identifier.start === 'number' ? identifier.start : 0;

/** Only shipping needs it, and loading it takes longer than starting an instance does. */
const loadEslintScope = (): typeof eslintScope => createRequire(import.meta.url)('eslint-scope');
