import { createRequire, type ResolveFnOutput, type ResolveHookContext, registerHooks } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { constants, runInThisContext } from 'node:vm';
import { newId } from '../new-id.ts';
import { toolkitUrl } from '../toolkit-modules.ts';

// As in interrupts.ts.
const { process } = globalThis;

export type Namespace = Readonly<Record<string, unknown>>;
export type Attributes = Readonly<Record<string, string>>;
type Next = (specifier: string, context: Partial<ResolveHookContext>) => ResolveFnOutput;
type Import = (specifier: string, options: ImportCallOptions) => Promise<Namespace>;

const VERSION = /[?&]servelab=\d+$/;

/** Of a module, whichever version of it. */
export const plainUrl = (url: string): string => url.replace(VERSION, '');

/**
 * Imports for cells, as a file in a directory would. Node never gives up a module, so one whose file has changed is
 * imported under another URL, and so are those that import it.
 */
export class Importer {
  /** Stands for any file in the directory. */
  readonly base: string;
  readonly #hooks: { deregister(): void };
  /** Begins what a cell has `import.meta.resolve` look for, which Node knows of modules only. */
  readonly #ofCell = `servelab-cell-${newId()}:`;
  readonly #import: Import;
  readonly #versions = new Map<string, number>();
  readonly #importersOf = new Map<string, Set<string>>();
  /** What cells have imported, as they named it. */
  readonly #resolved = new Map<string, string>();
  readonly #asked = new Set<string>();
  #latest = 0;

  constructor(directory: string) {
    const file = join(directory, '[cell]');
    this.base = pathToFileURL(file).href;
    this.#hooks = registerHooks({ resolve: (specifier, context, next) => this.#resolve(specifier, context, next) });
    this.#import = runInThisContext('(specifier, options) => import(specifier, options)', {
      filename: file,
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    // Uses up what Node says once, of the first import in any cell.
    void withoutWarnings(() => this.#import('node:vm', {}));
  }

  /** Rejects with what importing it throws. `url`: without its version. */
  async import(
    specifier: string,
    attributes: Attributes,
  ): Promise<{ readonly namespace: Namespace; readonly url: string }> {
    const namespace = await withoutWarnings(() => this.#import(specifier, { with: attributes }));
    return { namespace, url: this.#resolved.get(specifier) ?? specifier };
  }

  /** Where a cell would import it from. Throws where Node's `import.meta.resolve` does. */
  resolve(specifier: string): string {
    return plainUrl(import.meta.resolve(`${this.#ofCell}${specifier}`));
  }

  /** Of these modules those that were imported, and what imports them. */
  affectedBy(urls: readonly string[]): ReadonlySet<string> {
    const affected = new Set(urls.map(plainUrl).filter((url) => this.#importersOf.has(url)));
    for (const url of affected) for (const importer of this.#importersOf.get(url) ?? []) affected.add(importer);
    affected.delete(this.base);
    return affected;
  }

  /** From here on imports them as they are now. `takeBack`: as they were. `wasAsked`: whether one was, since then. */
  renew(urls: Iterable<string>): { readonly takeBack: () => void; readonly wasAsked: (url: string) => boolean } {
    const before = new Map(this.#versions);
    this.#latest++;
    this.#asked.clear();
    const { cache } = createRequire(import.meta.url);
    for (const url of urls) {
      this.#versions.set(url, this.#latest);
      delete cache[fileURLToPath(url)];
    }
    return {
      wasAsked: (url) => this.#asked.has(url),
      takeBack: () => {
        this.#versions.clear();
        for (const [url, version] of before) this.#versions.set(url, version);
      },
    };
  }

  /** Of a module that was imported before; null: it cannot be told without importing it. */
  async loaded(url: string): Promise<Namespace | null> {
    return this.#import(this.#versioned(url), {}).catch(() => null);
  }

  close(): void {
    this.#hooks.deregister();
  }

  #resolve(specifier: string, context: ResolveHookContext, next: Next): ResolveFnOutput {
    if (specifier.startsWith(this.#ofCell)) {
      return this.#resolve(specifier.slice(this.#ofCell.length), { ...context, parentURL: this.base }, next);
    }
    // A script without a file, as a cell is, has no parent.
    const parentURL = context.parentURL ?? this.base;
    const isOfCell = parentURL === this.base;
    const ours = toolkitUrl(specifier);
    if (ours !== undefined) {
      if (isOfCell) this.#resolved.set(specifier, ours);
      return { url: ours, format: 'module', shortCircuit: true };
    }
    const resolved = next(specifier, { ...context, parentURL });
    const url = plainUrl(resolved.url);
    if (isOfCell) this.#resolved.set(specifier, url);
    if (!url.startsWith('file:') || url.includes('/node_modules/')) return resolved;
    this.#asked.add(url);
    const importers = this.#importersOf.get(url) ?? new Set();
    this.#importersOf.set(url, importers.add(plainUrl(parentURL)));
    return [...context.conditions].includes('import') ? { ...resolved, url: this.#versioned(url) } : resolved;
  }

  #versioned(url: string): string {
    const version = this.#versions.get(url);
    return version === undefined ? url : `${url}${url.includes('?') ? '&' : '?'}servelab=${version}`;
  }
}

/** Of what Node says about its own features, at which the user of a prompt can do nothing. */
async function withoutWarnings<Result>(work: () => Promise<Result>): Promise<Result> {
  const { emitWarning } = process;
  const quiet = ((warning: string | Error, ...others: never[]) => {
    if (!/^(?:Type Stripping|vm\.USE_MAIN_CONTEXT)/.test(String(warning)))
      emitWarning.call(process, warning, ...others);
  }) as typeof emitWarning;
  process.emitWarning = quiet;
  try {
    return await work();
  } finally {
    if (process.emitWarning === quiet) process.emitWarning = emitWarning;
  }
}
