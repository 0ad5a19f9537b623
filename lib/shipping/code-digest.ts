/**
 * Whether a backend's code is the same as before. What travels by value is in the shipment; what replicas import is in
 * files, which are read here: the modules named, and those that they import by path. Packages count by their version.
 */
import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { createRequire, isBuiltin } from 'node:module';
import { dirname, isAbsolute, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { digestOf } from './digest.ts';
import { specifiersOf } from './module-specifiers.ts';
import type { Shipment, ShippedNode } from './shipment.ts';

interface Import {
  readonly specifier: string;
  /** A URL or path; anything else stands for the working directory. */
  readonly from: string;
}

interface Place {
  readonly key: string;
  readonly path: string | null;
}

/** Beyond this many files the rest is not looked at: nobody's own code is that large. */
const MOST_FILES = 5_000;
/** Where a function stands in its file says nothing of what it does. */
const PLACE: ReadonlySet<string> = new Set(['line', 'column']);
const BY_PATH = /^(?:\.{1,2}(?:\/|$)|\/|file:)/;
const CODE = /\.[cm]?[jt]sx?$/;
/** What `require` adds to a path. */
const ENDINGS = ['', '.js', '.ts', '.cjs', '.json', '/index.js', '/index.ts'];

/**
 * The SHA-256 digest, in hex, of a backend's code, as it is now: equal as long as a new replica would run the same.
 * `directory`: where its packages come from; null = from its files.
 *
 * Not seen: what a module reads or computes at run time (files, `import(name)`), and changes in a package that keeps
 * its version.
 */
export async function codeDigestOf(shipment: Shipment, directory: string | null): Promise<string> {
  const found = new Map<string, string>();
  const next = importsOf(shipment);
  for (let at = 0; at < next.length && found.size < MOST_FILES; at++) {
    const wanted = next[at] as Import;
    const { key, path } = await placeOf(wanted, directory);
    if (found.has(key)) continue;
    const bytes = path === null ? null : await readFile(path).catch(() => null);
    found.set(key, bytes === null ? '' : createHash('sha256').update(bytes).digest('hex'));
    if (bytes === null || path === null || !CODE.test(path)) continue;
    const from = pathToFileURL(path).href;
    next.push(...specifiersOf(bytes.toString('utf8')).map((specifier) => ({ specifier, from })));
  }
  return digestOf([nameOf(shipment), [...found]], PLACE);
}

/** A module is the same under whatever name it is imported. */
function nameOf(shipment: Shipment): unknown {
  if (shipment.kind === 'value') return shipment;
  return [shipment.exportName, shipment.batched ?? 'none'];
}

function importsOf(shipment: Shipment): Import[] {
  if (shipment.kind === 'imported') return [{ specifier: shipment.module, from: shipment.from }];
  return shipment.nodes.flatMap(importsOfNode);
}

function importsOfNode(node: ShippedNode): Import[] {
  if (node.type === 'import') return [{ specifier: node.module, from: node.from }];
  if (node.type !== 'function') return [];
  return specifiersOf(node.source).map((specifier) => ({ specifier, from: node.origin.file }));
}

/** `path` null: nothing to read, `key` says all there is. */
async function placeOf({ specifier, from }: Import, directory: string | null): Promise<Place> {
  const base = urlOf(from);
  if (BY_PATH.test(specifier)) {
    const url = new URL(isAbsolute(specifier) ? pathToFileURL(specifier) : specifier, base);
    return placeAt(await firstFile(fileURLToPath(url)));
  }
  // What is the toolkit's own changes with the instance, not with the backend.
  if (isBuiltin(specifier) || specifier === 'servelab') return { key: specifier, path: null };
  const homes = [directory, dirname(fileURLToPath(new URL('file', base)))].filter((home) => home !== null);
  const [path = null] = homes.flatMap((home) => ownFile(specifier, home) ?? []);
  if (path !== null) return placeAt(path);
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
  for (const home of homes) {
    const version = await versionOf(name, home);
    if (version !== null) return { key: `${specifier}@${version}`, path: null };
  }
  return { key: specifier, path: null };
}

const placeAt = (path: string): Place => ({ key: pathToFileURL(path).href, path });

/** Behind a name that leads to a file of the user's own: `#model`, or a package of the same workspace. */
function ownFile(specifier: string, home: string): string | null {
  try {
    const path = createRequire(join(home, 'file')).resolve(specifier);
    return path.includes(`${sep}node_modules${sep}`) ? null : path;
  } catch {
    return null; // not installed, or for `import` alone: then its version counts
  }
}

/** At a prompt code has no file: what it imports is seen from the working directory. */
function urlOf(from: string): URL {
  if (from.startsWith('file:')) return new URL(from);
  return isAbsolute(from) ? pathToFileURL(from) : new URL(`${pathToFileURL(process.cwd()).href}/`);
}

/** Where nothing is, the replicas will say so. */
async function firstFile(path: string): Promise<string> {
  for (const ending of ENDINGS) {
    const found = await stat(path + ending).catch(() => null);
    if (found?.isFile()) return realpath(path + ending);
  }
  return path;
}

/** Of the package that a file in `directory` would import; null = there is none. */
async function versionOf(name: string, directory: string): Promise<string | null> {
  for (let at = directory; ; at = dirname(at)) {
    const text = await readFile(join(at, 'node_modules', name, 'package.json'), 'utf8').catch(() => null);
    if (text !== null) return versionIn(text);
    if (dirname(at) === at) return null;
  }
}

/** A package that is being worked on has no version that says what it is; then its package.json does. */
function versionIn(text: string): string {
  try {
    const { version }: { readonly version?: unknown } = JSON.parse(text);
    return typeof version === 'string' ? version : digestOf(text);
  } catch {
    return digestOf(text);
  }
}
