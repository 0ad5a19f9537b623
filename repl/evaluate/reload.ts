/** Modules whose files have changed take the place of what they were, as far as that can be. */
import type { Importer, Namespace } from './importer.ts';

export interface Reloaded {
  /** Modules that were imported again: those that changed, and those that import them. */
  readonly urls: readonly string[];
  /** Names of the session that have new values. */
  readonly names: readonly string[];
  /** What could not be, as its user reads it. */
  readonly problems: readonly string[];
}

/** A name of the session that a cell has imported. */
export interface Binding {
  readonly name: string;
  readonly specifier: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly url: string;
  readonly exportName: string | null;
}

/**
 * Imports again. All or nothing: where one cannot be imported, every name keeps its value. Instances made before get the
 * methods of the new class, too.
 */
export async function reload(
  urls: readonly string[],
  bindings: readonly Binding[],
  importer: Importer,
  assign: (binding: Binding, value: unknown) => void,
): Promise<Reloaded> {
  const affected = importer.affectedBy(urls);
  const before = new Map<string, Namespace>();
  for (const url of affected) before.set(url, (await importer.loaded(url)) ?? {});
  const concerned = bindings.filter(({ url }) => affected.has(url));
  const after = await importAgain(affected, concerned, importer);
  if ('problem' in after) return { urls: [], names: [], problems: [after.problem] };
  const problems = [...after.modules].flatMap(([url, module]) => renewClasses(before.get(url) ?? {}, module));
  const names: string[] = [];
  for (const binding of concerned) {
    const { name, specifier, url, exportName } = binding;
    const module = after.modules.get(url) ?? {};
    if (exportName !== null && !(exportName in module)) {
      problems.push(`${name} keeps its value: '${specifier}' has no export '${exportName}' any more`);
    } else {
      assign(binding, exportName === null ? module : module[exportName]);
      names.push(name);
    }
  }
  return { urls: [...after.modules.keys()], names, problems };
}

type Again = { readonly modules: ReadonlyMap<string, Namespace> } | { readonly problem: string };

/** What cells imported, as they did; of the rest what those import now, so that nothing else runs. */
async function importAgain(
  urls: ReadonlySet<string>,
  bindings: readonly Binding[],
  importer: Importer,
): Promise<Again> {
  const { takeBack, wasAsked } = importer.renew(urls);
  const modules = new Map<string, Namespace>();
  try {
    for (const { url, specifier, attributes } of bindings) {
      if (!modules.has(url)) modules.set(url, (await importer.import(specifier, attributes)).namespace);
    }
    for (const url of urls) {
      if (!modules.has(url) && wasAsked(url)) modules.set(url, (await importer.import(url, {})).namespace);
    }
    return { modules };
  } catch (error) {
    takeBack();
    return { problem: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

type Class = { readonly prototype: object };

/** Says which methods the instances of before cannot have. */
function renewClasses(before: Namespace, after: Namespace): string[] {
  return Object.keys(after).flatMap((name) => {
    const [old, renewed] = [before[name], after[name]];
    if (!isClass(old) || !isClass(renewed) || old === renewed) return [];
    const kept = renewMethods(old.prototype, renewed.prototype);
    if (kept.length === 0) return [];
    return [
      `instances of ${name} made before keep their ${kept.join(', ')}: private members (#) are of one class alone`,
    ];
  });
}

function renewMethods(old: object, renewed: object): string[] {
  const kept: string[] = [];
  for (const key of Reflect.ownKeys(renewed)) {
    const descriptor = Object.getOwnPropertyDescriptor(renewed, key);
    if (key === 'constructor' || descriptor === undefined) continue;
    if (usesPrivate(descriptor)) kept.push(String(key));
    else Object.defineProperty(old, key, descriptor);
  }
  return kept;
}

const usesPrivate = ({ value, get, set }: PropertyDescriptor): boolean =>
  [value, get, set].some((part) => typeof part === 'function' && /(?:\.|^|\W)#[\p{ID_Start}$_]/u.test(String(part)));

const isClass = (value: unknown): value is Class =>
  typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
