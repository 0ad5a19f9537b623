import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute } from 'node:path';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { types } from 'node:util';
import { type Callable, nameOf } from './callable.ts';
import { hushLoaderWarning, importerIn } from './loader.ts';
import { isMainModule } from './main-module.ts';
import { type ImportedName, importsOf } from './module-imports.ts';

/** Where a value is to be imported from; `exportName` null: the whole namespace. */
export interface Reference {
  readonly module: string;
  readonly from: string;
  readonly exportName: string | null;
}

type Namespace = Readonly<Record<string, unknown>>;

/** How long a module that is still being evaluated is waited for: it may be waiting for us. */
const PATIENCE_MS = 100;

/** What this thread has found in its modules. Node keeps them all for good, too. */
const namespaces = new Map<string, Namespace>();
const underWay = new Map<string, Promise<void>>();
const importsByScript = new Map<string, ReadonlyMap<string, ImportedName>>();

/**
 * Finds what modules export, for one shipment. A module can be looked at only by importing it, so what is asked for
 * first is wanted, then loaded, then there: until `load` has nothing more to do, an answer may be null too early.
 */
export class References {
  readonly #wanted = new Map<string, () => Promise<Namespace>>();
  readonly #missing = new Set<string>();
  readonly #require = createRequire(import.meta.url);
  #fileByExports: ReadonlyMap<unknown, string> | null = null;

  /** The export of the file it was written in that is this very function. `isModule`: it lies in an ES module. */
  ofFunction(target: Callable, file: string, isModule: boolean): Reference | null {
    return isModule ? this.#ofModule(target, file) : this.#ofCommonJs(target, file);
  }

  /** Behind the name by which a file imports or exports it. `textOf`: the text of a script without a file. */
  ofImport(name: string, value: unknown, script: { id: string; file: string; textOf: () => string }): Reference | null {
    const imported = this.#importsOf(script).get(name);
    if (imported === undefined) return this.#ofOwnExport(name, value, script.file);
    const { specifier, exportName, isRequired } = imported;
    if (isRequired) return this.#ofRequire(value, script.file, specifier, exportName);
    const isRelative = /^\.{0,2}\//.test(specifier);
    if (isRelative && !script.file.startsWith('file:')) return null;
    const module = isRelative ? new URL(specifier, script.file).href : specifier;
    if (isMainModule(module)) return null;
    const namespace = this.#namespace(`${script.file}\n${specifier}`, () => importFrom(script.file, specifier));
    if (namespace === null || !Object.is(exportName === null ? namespace : read(namespace, exportName), value))
      return null;
    return { module: specifier, from: script.file, exportName };
  }

  /** Of a module's namespace object, by the files that its functions lie in. */
  ofNamespace(value: Namespace, files: Iterable<string>): Reference | null {
    for (const file of files) {
      const url = isAbsolute(file) ? pathToFileURL(file).href : file;
      if ((url.startsWith('node:') || this.#isImportable(url)) && this.#namespace(url, () => import(url)) === value) {
        return { module: url, from: url, exportName: null };
      }
    }
    return null;
  }

  /** Of what a CommonJS module exports as a whole. */
  ofExports(value: object): Reference | null {
    this.#fileByExports ??= new Map(
      Object.entries(this.#require.cache).map(([file, module]) => [module?.exports, file]),
    );
    const file = this.#fileByExports.get(value);
    return file === undefined ? null : this.#commonJsReference(file, 'default');
  }

  /** Grows when a question could not be answered yet. */
  get numWanted(): number {
    return this.#wanted.size;
  }

  /** Whether a file is a CommonJS module of this thread. */
  isCommonJs(file: string): boolean {
    return this.#require.cache[file] !== undefined;
  }

  /** Looks for what is wanted; true when there was anything, so that asking again may find more. */
  async load(): Promise<boolean> {
    if (this.#wanted.size === 0) return false;
    await hushLoaderWarning();
    const wanted = [...this.#wanted];
    this.#wanted.clear();
    await Promise.all(wanted.map(([key, load]) => this.#load(key, load)));
    return true;
  }

  async #load(key: string, load: () => Promise<Namespace>): Promise<void> {
    const isKnownToBeSlow = underWay.has(key);
    const loading = underWay.get(key) ?? startLoading(key, load);
    await Promise.race([loading, nextTurn().then(() => nextTurn())]);
    if (!namespaces.has(key) && underWay.has(key) && !isKnownToBeSlow) {
      const waited = new AbortController();
      await Promise.race([loading, delay(PATIENCE_MS, undefined, { signal: waited.signal }).catch(() => undefined)]);
      waited.abort();
    }
    if (!namespaces.has(key)) this.#missing.add(key);
  }

  #namespace(key: string, load: () => Promise<Namespace>): Namespace | null {
    const known = namespaces.get(key);
    if (known === undefined && !this.#missing.has(key)) this.#wanted.set(key, load);
    return known ?? null;
  }

  /** What is a variable of a module's own and its export, too. */
  #ofOwnExport(name: string, value: unknown, url: string): Reference | null {
    if (!this.#isImportable(url)) return null;
    const namespace = this.#namespace(url, () => import(url));
    const isExport = namespace !== null && Object.hasOwn(namespace, name) && Object.is(read(namespace, name), value);
    return isExport ? { module: url, from: url, exportName: name } : null;
  }

  #ofModule(target: Callable, url: string): Reference | null {
    if (!this.#isImportable(url)) return null;
    const namespace = this.#namespace(url, () => import(url));
    const exportName = namespace === null ? null : exportNameOf(namespace, target);
    return exportName === null ? null : { module: url, from: url, exportName };
  }

  /** What has no file here has none there; a program must not be run again. */
  #isImportable(url: string): boolean {
    return url.startsWith('file:') && !isMainModule(url) && existsSync(fileURLToPath(url));
  }

  #ofCommonJs(target: Callable, file: string): Reference | null {
    const exports: unknown = this.#require.cache[file]?.exports;
    if (exports === target) return this.#commonJsReference(file, 'default');
    const exportName = isHolder(exports) ? exportNameOf(exports, target) : null;
    return exportName === null ? null : this.#commonJsReference(file, exportName);
  }

  #ofRequire(value: unknown, file: string, specifier: string, exportName: string | null): Reference | null {
    const resolved = resolveFrom(file, specifier);
    const exports: unknown = resolved === null ? undefined : this.#require.cache[resolved]?.exports;
    if (resolved === null || exports === undefined || exportName === null) return null;
    const found = exportName === 'default' ? exports : isHolder(exports) ? read(exports, exportName) : undefined;
    return Object.is(found, value) ? this.#commonJsReference(resolved, exportName) : null;
  }

  #commonJsReference(file: string, exportName: string): Reference | null {
    if (this.#require.cache[file]?.loaded !== true || isMainModule(file) || !existsSync(file)) return null;
    const module = pathToFileURL(file).href;
    return { module, from: module, exportName };
  }

  #importsOf({
    id,
    file,
    textOf,
  }: {
    id: string;
    file: string;
    textOf: () => string;
  }): ReadonlyMap<string, ImportedName> {
    const known = importsByScript.get(id);
    if (known) return known;
    const path = file.startsWith('file:') ? fileURLToPath(file) : file;
    const found = importsOf(existsSync(path) ? readFileSync(path, 'utf8') : textOf());
    importsByScript.set(id, found);
    return found;
  }
}

/** An import may hang for ever, in a cycle of modules that wait for each other; nobody waits for it then. */
function startLoading(key: string, load: () => Promise<Namespace>): Promise<void> {
  const loading = load().then(
    (namespace) => void namespaces.set(key, namespace),
    () => undefined,
  );
  underWay.set(key, loading);
  return loading.finally(() => underWay.delete(key));
}

const importFrom = (file: string, specifier: string): Promise<Namespace> => importerIn(file)(specifier);

function resolveFrom(file: string, specifier: string): string | null {
  try {
    return createRequire(file).resolve(specifier);
  } catch {
    return null;
  }
}

/** Its own name is tried first: getters of exports may load things, and there it is most likely. */
function exportNameOf(exports: Namespace, target: Callable): string | null {
  const isNamespace = types.isModuleNamespaceObject(exports);
  const names = new Set([nameOf(target), 'default', ...Object.keys(exports)]);
  for (const name of names) {
    const descriptor = isNamespace || name === nameOf(target) ? null : Object.getOwnPropertyDescriptor(exports, name);
    if (descriptor?.get === undefined && Object.hasOwn(exports, name) && read(exports, name) === target) return name;
  }
  return null;
}

/** An export that is not initialised yet throws; a getter may. */
function read(exports: Namespace, name: string): unknown {
  try {
    return exports[name];
  } catch {
    return undefined;
  }
}

const isHolder = (value: unknown): value is Namespace =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';
