import type { Script } from 'node:vm';
import type { Cell } from './cell.ts';
import { type CellPlace, cellError, positionIn } from './cell-error.ts';
import { compile } from './compile.ts';
import type { Importer, Namespace } from './importer.ts';
import type { Interrupts } from './interrupts.ts';
import type { CellPlan } from './plan-cell.ts';
import type { ImportedName, PlannedImport } from './planned-import.ts';
import type { Realm } from './realm.ts';
import type { Binding } from './reload.ts';

/** What all cells have in common. */
export interface CellSession {
  readonly realm: Realm;
  readonly importer: Importer;
  readonly interrupts: Interrupts;
  readonly bind: (binding: Binding, value: unknown) => void;
}

/** Does what was planned for a cell. */
export class CellRun {
  /** What its imports have got so far. */
  readonly bindings: Binding[] = [];
  readonly #plan: CellPlan;
  readonly #source: string;
  readonly #place: CellPlace;
  readonly #session: CellSession;
  readonly #functions: readonly { readonly name: string; readonly script: Script }[];
  readonly #pieces: readonly { readonly script: Script; readonly waits: boolean }[];

  /** Compiles all of it before any of it runs. Throws a SyntaxError. */
  constructor(plan: CellPlan, source: string, place: CellPlace, session: CellSession) {
    this.#plan = plan;
    this.#source = source;
    this.#place = place;
    this.#session = session;
    this.#functions = plan.functions.map(({ name, piece }) => ({ name, script: compile(piece, source, place) }));
    this.#pieces = plan.pieces.map((piece) => ({ script: compile(piece, source, place), waits: piece.waits }));
  }

  /** Rejects with what the cell throws; with Interrupted once it goes on after it was interrupted. */
  async run(cell: Cell): Promise<void> {
    const { realm, interrupts } = this.#session;
    for (const wanted of this.#plan.imports) await this.#import(wanted, cell);
    for (const name of this.#plan.emptied) realm.assign(name, undefined);
    for (const { name, script } of this.#functions) realm.assign(name, script.runInThisContext());
    for (let next = 0; next < this.#pieces.length; ) {
      cell.check();
      const { waitsFor, end } = interrupts.run(() => this.#runFrom(next, cell));
      next = end;
      await waitsFor;
    }
    if (!this.#plan.hasValue) cell.value = undefined;
  }

  /** Runs pieces up to one that waits. */
  #runFrom(first: number, cell: Cell): { readonly waitsFor: Promise<void> | null; readonly end: number } {
    for (const [index, { script, waits }] of this.#pieces.entries()) {
      if (index < first) continue;
      const value: unknown = script.runInThisContext({ displayErrors: false });
      if (waits) return { waitsFor: (value as (cell: Cell) => Promise<void>)(cell), end: index + 1 };
      if (index === this.#pieces.length - 1) cell.value = value;
    }
    return { waitsFor: null, end: this.#pieces.length };
  }

  async #import({ specifier, attributes, names, at }: PlannedImport, cell: Cell): Promise<void> {
    const { namespace, url } = await this.#session.importer.import(specifier, attributes).catch((error: unknown) => {
      const { line, column } = positionIn(this.#source, at, this.#place);
      if (error instanceof Error) error.stack += `\n    at ${this.#place.file}:${line}:${column}`;
      throw error;
    });
    cell.check();
    for (const imported of names) this.#require(imported, namespace, specifier);
    for (const { name, exportName } of names) {
      const binding = { name, specifier, attributes, url, exportName };
      this.#session.bind(binding, exportName === null ? namespace : namespace[exportName]);
      this.bindings.push(binding);
    }
  }

  #require({ exportName, at }: ImportedName, namespace: Namespace, specifier: string): void {
    if (exportName === null || exportName in namespace) return;
    const isWhole = Object.keys(namespace).every((name) => name === 'default' || name === 'module.exports');
    const hint = isWhole ? 'import its default, without braces' : 'if it is a type, write `import type`';
    const message = `'${specifier}' has no export '${exportName}'; ${hint}`;
    throw cellError({ message, at }, this.#source, this.#place);
  }
}
