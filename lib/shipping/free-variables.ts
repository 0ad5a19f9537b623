import { createRequire } from 'node:module';
import type * as eslintScope from 'eslint-scope';
import type { ReadSource, SyntaxNode } from './syntax.ts';

/**
 * The variables a source reads or writes and does not declare, in order of appearance, each once.
 *
 * `allowed` names are those the replica has. A name that only stands behind `typeof` is none: it may be missing.
 */
export function freeVariables(
  { program, root }: ReadSource,
  typeofPositions: ReadonlySet<number>,
  allowed: ReadonlySet<string>,
): string[] {
  const names = new Set<string>();
  for (const { identifier } of unresolved(program)) {
    const start = startOf(identifier);
    // The key of a method is only its label: it is not shipped, so what computes it is not missed.
    if (start < root.start || typeofPositions.has(start) || allowed.has(identifier.name)) continue;
    // JavaScript's own, never a variable around; where it is not the function's own, it was refused already.
    if (identifier.name !== 'arguments') names.add(identifier.name);
  }
  return [...names];
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
