/** What Jupyter finds a kernel by: a folder with a kernel.json. Nothing of Jupyter's has to be there to write it. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServeError } from '../../lib/index.ts';
import { LANGUAGE } from './kernel-info.ts';
import { logoPng, logoSvg } from './logo.ts';

export interface SpecGiven {
  /** Of the folder, by which commands call it. */
  readonly name: string;
  /** As front ends list it. */
  readonly displayName: string;
  /** Its notebooks work on; null: each on one of its own. */
  readonly instance: string | null;
  readonly version: string;
}

/** Whose kernels: this user's, or those of an installation of Python's below `prefix`. */
export type SpecPlace = { readonly of: 'user' } | { readonly of: 'prefix'; readonly prefix: string };

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));

/** Writes it, also over one of ours. Gives the folder. Throws INVALID_ARGUMENT where another kernel has the name. */
export function installSpec(given: SpecGiven, place: SpecPlace): string {
  const folder = folderOf(given.name, place);
  requireOurs(folder, given.name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'kernel.json'), `${JSON.stringify(specOf(given), null, 2)}\n`);
  writeFileSync(join(folder, 'logo-svg.svg'), logoSvg());
  for (const size of [32, 64]) writeFileSync(join(folder, `logo-${size}x${size}.png`), logoPng(size));
  return folder;
}

/** null: there was none. Throws INVALID_ARGUMENT where it is another's. */
export function uninstallSpec(name: string, place: SpecPlace): string | null {
  const folder = folderOf(name, place);
  if (!existsSync(folder)) return null;
  requireOurs(folder, name);
  rmSync(folder, { recursive: true });
  return folder;
}

/** Where Jupyter's own libraries look, in their order. */
export function dataDirectory(env: NodeJS.ProcessEnv, platform: NodeJS.Platform, home: string): string {
  const { JUPYTER_DATA_DIR: given, XDG_DATA_HOME: xdg, APPDATA: roaming } = env;
  if (given) return resolve(given);
  if (platform === 'darwin') return join(home, 'Library', 'Jupyter');
  if (platform === 'win32') return join(roaming ?? join(home, 'AppData', 'Roaming'), 'jupyter');
  return join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(home, '.local', 'share'), 'jupyter');
}

function folderOf(name: string, place: SpecPlace): string {
  if (!/^[\w.-]+$/.test(name) || /^\.+$/.test(name)) {
    throw new ServeError('INVALID_ARGUMENT', `a kernel's name has letters, digits, '-', '_' and '.', got '${name}'`);
  }
  const data =
    place.of === 'user'
      ? dataDirectory(process.env, process.platform, homedir())
      : join(resolve(place.prefix), 'share', 'jupyter');
  return join(data, 'kernels', name.toLowerCase());
}

/** Absolute paths: Jupyter starts it with a PATH and in a directory of its own choice. */
const specOf = ({ displayName, instance, version }: SpecGiven): object => ({
  argv: [
    ...[process.execPath, MAIN, 'kernel', 'start', '--connection-file', '{connection_file}'],
    ...(instance === null ? [] : ['--instance', instance]),
  ],
  display_name: displayName,
  language: LANGUAGE.name,
  interrupt_mode: 'message',
  metadata: { debugger: false, servelab: version },
});

function requireOurs(folder: string, name: string): void {
  const file = join(folder, 'kernel.json');
  if (!existsSync(file) || isOurs(file)) return;
  const way = 'give another one with --name, or remove that first';
  throw new ServeError('INVALID_ARGUMENT', `'${name}' is another kernel's name, which is in ${folder}; ${way}`);
}

function isOurs(file: string): boolean {
  try {
    const { metadata } = JSON.parse(readFileSync(file, 'utf8')) as { metadata?: { servelab?: unknown } };
    return metadata?.servelab !== undefined;
  } catch {
    return false; // it is damaged, by whomever
  }
}
