/**
 * Packages from a directory of their own, for the backend's code in a replica: hooks of this thread's module loader,
 * through which `import`, `import()` and `require` all go.
 */
import { existsSync, realpathSync } from 'node:fs';
import { createRequire, isBuiltin, type ResolveFnOutput, type ResolveHookContext, registerHooks } from 'node:module';
import { dirname, isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';

type Next = (specifier: string, context: Partial<ResolveHookContext>) => ResolveFnOutput;

const TOOLKIT_NAME = 'servelab';
/** The compiled library; of the rest of its package nothing runs. */
const TOOLKIT = new URL('..', import.meta.url).href;
const RELATIVE = /^\.{0,2}\/|^\.{1,2}$/;
/** `#internal` names of a package, and URLs, of which `node:fs` is one. */
const NO_PACKAGE = /^#|^[a-z][a-z\d+.-]*:/i;
const PACKAGE_NAME = /^(?:@[^/]+\/)?[^/@][^/]*/;
/** The package that a file is in: a folder of the innermost `node_modules`. */
const PACKAGE_FOLDER = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+\//;

/**
 * From now on bare imports of the backend's own code resolve as in a file in `directory`, an absolute path with its
 * links followed. `home` is a file (path or URL) of the backend's own, for code that is in a `node_modules` itself.
 *
 * Own code is what is in no `node_modules`, and the package of `home`. Packages' own imports are left alone, so that
 * each finds its own dependencies; a package that is linked in (a workspace) is one, too. What is not installed there
 * resolves from the file that imports it. A package that is there and lacks what is asked of it fails: no two versions
 * of one are mixed. `servelab` is this copy of the toolkit, whoever imports it.
 *
 * Left alone: paths, URLs, Node's own modules, `#internal` names. Node 24 takes `require.resolve` through here as well,
 * and does not say which `paths` it was given; Node 22.18 takes it past. Threads that the backend's code starts have
 * loaders of their own.
 */
export function resolveFrom(directory: string, home: string | null = null): void {
  const modules = new ModuleDirectory(directory, home);
  registerHooks({ resolve: (specifier, context, next) => modules.resolve(specifier, context, next) });
}

class ModuleDirectory {
  readonly #directory: string;
  /** Stands for any file in the directory. */
  readonly #base: string;
  /** The URL of a package that is the backend's own, though in a `node_modules`. */
  readonly #home: string | null;
  /** URLs of packages outside of any `node_modules`. */
  readonly #linked = new Set<string>();

  constructor(directory: string, home: string | null) {
    this.#directory = directory;
    this.#base = pathToFileURL(join(directory, 'package.json')).href;
    this.#home = home === null ? null : (PACKAGE_FOLDER.exec(toUrl(home))?.[0] ?? null);
  }

  resolve(specifier: string, context: ResolveHookContext, next: Next): ResolveFnOutput {
    const name = packageNameOf(specifier);
    const { parentURL } = context;
    // A resolution that began here comes by again, and must end.
    if (name === null || parentURL === this.#base || parentURL?.startsWith(TOOLKIT)) return next(specifier, context);
    if (name === TOOLKIT_NAME) return resolveIn(import.meta.url, specifier, context, next);
    if (!this.#isOwn(parentURL)) return next(specifier, context);
    if (this.#has(name)) return resolveIn(this.#base, specifier, context, next);
    try {
      return next(specifier, context);
    } catch (error) {
      throw isNotFound(error) ? this.#missing(name, error) : error;
    }
  }

  /** Without a parent it is code typed at a prompt. */
  #isOwn(parent = ''): boolean {
    if (this.#home !== null && parent.startsWith(this.#home)) return !isInPackage(parent.slice(this.#home.length - 1));
    return !isInPackage(parent) && ![...this.#linked].some((linked) => parent.startsWith(linked));
  }

  /** Looks where Node would, in the directories above, too. */
  #has(name: string): boolean {
    for (let at = this.#directory; ; at = dirname(at)) {
      const path = join(at, 'node_modules', name);
      if (existsSync(path)) {
        const url = `${toUrl(realpathSync(path))}/`;
        if (!isInPackage(url)) this.#linked.add(url);
        return true;
      }
      if (at === dirname(at)) return false;
    }
  }

  #missing(name: string, cause: Error): Error {
    const [found] = cause.message.split('\n');
    const message = `${found}; it is not in the environment ${this.#directory} either: run \`npm install ${name}\` there`;
    return Object.assign(new Error(message, { cause }), cause);
  }
}

/** Resolves as in the file `base`, under the conditions of an `import` or of a `require`, whichever asks. */
function resolveIn(base: string, specifier: string, context: ResolveHookContext, next: Next): ResolveFnOutput {
  // Node 22 gives a set to require's hooks.
  const isRequire = [...context.conditions].includes('require');
  if (!isRequire) return next(specifier, { ...context, parentURL: base });
  // Which module requires is not in the context: another parent there would be without effect.
  return { url: toUrl(createRequire(base).resolve(specifier)), shortCircuit: true };
}

function packageNameOf(specifier: string): string | null {
  if (RELATIVE.test(specifier) || NO_PACKAGE.test(specifier) || isAbsolute(specifier) || isBuiltin(specifier)) {
    return null;
  }
  return PACKAGE_NAME.exec(specifier)?.[0] ?? null;
}

const isInPackage = (url: string): boolean => url.includes('/node_modules/');

const toUrl = (file: string): string => (isAbsolute(file) ? pathToFileURL(file).href : file);

function isNotFound(error: unknown): error is Error {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : null;
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}
