/** Evaluates cells: TypeScript that is typed piece by piece, each of which goes on with what the ones before declared. */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { omitFromSources, shipAsImport, shipVariablesOf } from '../../lib/index.ts';
import { NOTEBOOK_MODULE, TOOLKIT } from '../toolkit-modules.ts';
import { Cell } from './cell.ts';
import type { CellPlace } from './cell-error.ts';
import { CellRun, type CellSession } from './cell-run.ts';
import { type Completeness, completeness } from './completeness.ts';
import type { SessionName } from './declared.ts';
import { GUARD, GUARD_TEXTS } from './guards.ts';
import { Importer } from './importer.ts';
import { Interrupts } from './interrupts.ts';
import { type CellPlan, IMPORT_META, planCell } from './plan-cell.ts';
import { Positions } from './positions.ts';
import { NAMES, Realm } from './realm.ts';
import { type Binding, type Reloaded, reload } from './reload.ts';
import { Resources } from './resources.ts';
import { SessionNames } from './session-names.ts';

export { Interrupted } from './interrupts.ts';

export interface EvaluatorOptions {
  /** Where imports resolve from: an absolute path. */
  readonly directory: string;
  /** As `newInterrupts` gives it; an `Interrupter` on another thread has the same. */
  readonly interrupts: SharedArrayBuffer;
  /** Somebody interrupts; what a cell does ends by itself. */
  readonly interrupted?: () => void;
}

export interface CellOptions {
  /** What stacks call it, e.g. `cell-7.ts`. An absolute path is also what its `import()` is relative to. */
  readonly file: string;
  /** Where the text begins in that file, from 1. Default: 1. */
  readonly line?: number;
}

/** In an object, so that a cell whose value is a promise does not wait for it. */
export interface Evaluated {
  readonly value: unknown;
}

/**
 * One at a time, of the main thread, as variables of scripts are the thread's.
 *
 * It listens for SIGINT, which ends the cell that runs, and so keeps it from ending the process; but Node listens in
 * its place while a script runs, and for an instant before and after nobody does: a signal from outside that comes
 * then ends the process. An `Interrupter` sends none then. A loop in a callback that is interrupted throws Interrupted
 * there: that is an `uncaughtException`, of which the session goes on.
 */
export class Evaluator {
  readonly #realm = new Realm();
  readonly #names = new SessionNames(this.#realm);
  readonly #positions = new Positions();
  readonly #resources = new Resources();
  readonly #importer: Importer;
  readonly #interrupts: Interrupts;
  readonly #session: CellSession;
  #cell: Cell | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor({ directory, interrupts, interrupted }: EvaluatorOptions) {
    this.#importer = new Importer(directory);
    this.#interrupts = new Interrupts(interrupts, () => {
      this.interrupt();
      interrupted?.();
    });
    this.#session = {
      realm: this.#realm,
      importer: this.#importer,
      interrupts: this.#interrupts,
      bind: (binding, value) => this.#bind(binding, value),
    };
    omitFromSources(GUARD_TEXTS);
    shipVariablesOf(this.#realm.hiding);
    const { base } = this.#importer;
    const filename = fileURLToPath(base);
    const resolve = (specifier: string): string => this.#importer.resolve(specifier);
    const meta = { url: base, filename, dirname: dirname(filename), resolve };
    Object.defineProperties(globalThis, {
      [NAMES]: { value: this.#realm.hiding, configurable: true },
      [GUARD]: { value: this.#interrupts.guard, configurable: true },
      [IMPORT_META]: { value: meta, configurable: true },
      $signal: { get: () => this.signal, configurable: true },
    });
  }

  /** Loads what the first cell with types would wait for, some 30 ms; for when nothing else is to do. */
  static warmUp(): void {
    completeness('let ready: true');
  }

  static completeness(code: string): Completeness {
    return completeness(code);
  }

  /**
   * One cell, after those before it. Resolves with its completion value; rejects with what it threw, with a SyntaxError
   * whose stack begins `file:line:column`, the line and a caret, or with Interrupted.
   */
  evaluate(code: string, { file, line = 1 }: CellOptions): Promise<Evaluated> {
    const evaluated = this.#last.then(() => this.#evaluate(code, { file, line }));
    this.#last = evaluated.catch(() => undefined);
    return evaluated;
  }

  /** Of the cell that runs; of none, one that is not aborted. Cells have it as `$signal`. */
  get signal(): AbortSignal {
    return this.#cell?.signal ?? new AbortController().signal;
  }

  /** Ends a cell that waits, now: it goes no further than the statement that it waits in. */
  interrupt(): void {
    this.#cell?.interrupt();
  }

  /** In order of their declaration. */
  names(): readonly SessionName[] {
    return this.#names.list();
  }

  /** A stack, or any text, with the places in it as they were typed. What `evaluate` rejects with has them already. */
  correctPlaces(text: string): string {
    return this.#positions.correct(text);
  }

  /** Imports these modules again, and those that import them, and gives the names of the session their new values. */
  reload(urls: readonly string[]): Promise<Reloaded> {
    const reloaded = this.#last.then(() =>
      reload(urls, this.#names.bindings(), this.#importer, (binding, value) => this.#bind(binding, value)),
    );
    this.#last = reloaded.catch(() => undefined);
    return reloaded;
  }

  /** Ends what runs, then disposes of what `using` holds, the last first. Rejects with what that throws, after all. */
  async dispose(): Promise<void> {
    this.interrupt();
    await this.#last;
    try {
      await this.#resources.dispose();
    } finally {
      this.#importer.close();
      this.#interrupts.close();
      for (const name of [NAMES, GUARD, IMPORT_META, '$signal']) Reflect.deleteProperty(globalThis, name);
      omitFromSources([]);
    }
  }

  async #evaluate(source: string, place: CellPlace): Promise<Evaluated> {
    const plan = planCell(source, place, {
      isConstant: (name) => this.#names.isConstant(name),
      hidesIn: (code, declaring) => this.#realm.hidesIn(code, declaring),
    });
    this.#positions.learn(source, place, plan.moves);
    const run = new CellRun(plan, source, place, this.#session);
    const finish = this.#names.declare(plan.declared, source, place);
    const cell = new Cell(this.#interrupts.guard);
    this.#cell = cell;
    // Whoever asked before this cell began did not mean it.
    this.#interrupts.take();
    let hasFailed = true;
    try {
      const ran = run.run(cell);
      ran.catch(() => undefined);
      await Promise.race([ran, cell.interrupted]);
      hasFailed = false;
      return { value: cell.value };
    } catch (error) {
      this.#positions.correctError(error);
      throw error;
    } finally {
      finish(hasFailed, run.bindings);
      this.#cell = null;
      this.#hold(plan, hasFailed);
    }
  }

  #bind({ name, specifier, url, exportName }: Binding, value: unknown): void {
    this.#realm.assign(name, value);
    const isHolder = (typeof value === 'object' && value !== null) || typeof value === 'function';
    // What a notebook has is of its session: no replica could import it.
    if (!isHolder || url.startsWith('node:') || url === NOTEBOOK_MODULE) return;
    const from = url === TOOLKIT ? TOOLKIT : this.#importer.base;
    shipAsImport(value, { module: url === TOOLKIT ? TOOLKIT : specifier, from, exportName });
  }

  /** What `using` has got, also in a cell that failed behind it. */
  #hold({ declared }: CellPlan, hasFailed: boolean): void {
    for (const { name, kind } of declared.filter((one) => /using$/.test(one.kind))) {
      const isHeld = this.#resources.hold(this.#realm.read(name), kind === 'await using');
      if (!isHeld && !hasFailed) throw new TypeError(`${name} is declared by 'using' and cannot be disposed of`);
    }
  }
}
