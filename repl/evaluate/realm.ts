import { runInThisContext } from 'node:vm';

/** The global that has the variables whose names Node's own globals have. */
export const NAMES = '__names';

const GLOBALS: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(globalThis));

/**
 * The variables that all cells share: of scripts, each declared once and by `let`, whatever a cell declares it as. Such
 * a variable is seen by every module, too, so that one named `process` or `setTimeout` would break them all: those are
 * kept in an object, around cells that name them.
 */
export class Realm {
  readonly #declared = new Set<string>();
  readonly #setters = new Map<string, (value: unknown) => void>();
  readonly #hiding: Record<string, unknown> = Object.create(null);

  /** Of what hides a global. */
  get hiding(): object {
    return this.#hiding;
  }

  has(name: string): boolean {
    return this.#declared.has(name);
  }

  declare(names: readonly string[]): void {
    const missing = new Set(names.filter((name) => !this.#declared.has(name)));
    for (const name of missing) if (hides(name)) this.#hiding[name] = undefined;
    const others = [...missing].filter((name) => !hides(name));
    // A script from elsewhere may have declared one, or an evaluator before this one: then it is there.
    if (others.length > 0 && !isAccepted(`let ${others}`)) for (const name of others) isAccepted(`let ${name}`);
    for (const name of missing) this.#declared.add(name);
  }

  assign(name: string, value: unknown): void {
    if (hides(name)) {
      this.#hiding[name] = value;
      return;
    }
    const set = this.#setters.get(name) ?? setterOf(name);
    this.#setters.set(name, set);
    set(value);
  }

  /** Undefined where it has none. */
  read(name: string): unknown {
    if (!this.has(name)) return undefined;
    return hides(name) ? this.#hiding[name] : runInThisContext(name, { filename: import.meta.url });
  }

  /** Of what is declared, or is going to be. */
  hidesIn(code: string, declaring: readonly string[]): boolean {
    const names = [...Object.keys(this.#hiding), ...declaring.filter(hides)];
    return names.some((name) => new RegExp(`(?<![\\w$])${name}(?![\\w$])`).test(code));
  }
}

const hides = (name: string): boolean => GLOBALS.has(name);

function isAccepted(declaration: string): boolean {
  try {
    runInThisContext(declaration, { filename: import.meta.url });
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

const setterOf = (name: string): ((value: unknown) => void) =>
  runInThisContext(`(${name}_)=>{${name}=${name}_}`, { filename: import.meta.url });
