// A script that uses processes, run by itself: what it prints, leaves behind, and when it ends.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Names in the directory for what runs; the script was the only one to use it. */
  readonly left: readonly string[];
}

interface Given {
  readonly env?: NodeJS.ProcessEnv;
  readonly nodeArgs?: readonly string[];
  /** How many files it may have open at once. */
  readonly openFiles?: number;
}

/** Runs a module body, with `serve` imported, to the end of its process and of everything that could write to its pipes. */
export async function runScript(body: string, { env = {}, nodeArgs = [], openFiles }: Given = {}): Promise<Ran> {
  const directory = mkdtempSync(join(tmpdir(), 'script-'));
  const library = pathToFileURL(new URL('../../lib/index.js', import.meta.url).pathname).href;
  const source = `import * as serve from ${JSON.stringify(library)};\n${body}`;
  try {
    const limit = openFiles === undefined ? [] : ['sh', '-c', `ulimit -n ${openFiles} && exec "$@"`, 'limited'];
    const run = [...limit, process.execPath, ...nodeArgs, '--input-type=module', '--eval', source];
    const child = spawn(run[0] ?? '', run.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env, XDG_RUNTIME_DIR: directory },
    });
    const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
    const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
    return { code, stdout, stderr, left: readdirSync(directory) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
