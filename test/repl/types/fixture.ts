import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type * as serve from 'servelab';
import { sessionGlobals } from '../../../repl/types/session-globals.ts';
import { TypeServer } from '../../../repl/types/type-server.ts';

/** Long enough for any machine: what is tested is the answer. */
const TIMEOUT_MS = 60_000;

/** A directory with these files, until `close`. */
export function directoryOf(files: Readonly<Record<string, string>>): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'servelab-types-'));
  addFiles(path, files);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export function addFiles(path: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
}

export function typeServerIn(directory: string, globals = sessionGlobals(statusOf([], []))): TypeServer {
  return new TypeServer({ directory, globals, timeoutMs: TIMEOUT_MS });
}

/** Of it only the names count here. */
export function statusOf(backends: readonly string[], endpoints: readonly string[]): serve.ServeStatus {
  const named = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, {}]));
  return { backends: named(backends), endpoints: named(endpoints) } as unknown as serve.ServeStatus;
}

/** The cursor is at `¦`; at the end without one. */
export function atCursor(marked: string): readonly [code: string, cursor: number] {
  const cursor = marked.indexOf('¦');
  return cursor < 0 ? [marked, marked.length] : [marked.replace('¦', ''), cursor];
}

export async function textsAt(types: TypeServer, marked: string): Promise<string[]> {
  return (await types.complete(...atCursor(marked))).map(({ text }) => text);
}
