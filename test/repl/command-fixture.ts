import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import * as serve from 'servelab';
import * as assert from 'uvu/assert';

/** The command `servelab` as it is installed. */
export const command = fileURLToPath(new URL('../../repl/main.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Given {
  readonly args?: readonly string[];
  readonly nodeArgs?: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Sent once the script has printed this. */
  readonly signalAt?: { readonly signal: NodeJS.Signals; readonly printed: string };
}

/** Runs the command with `input` from a pipe, to its end: nothing is then left that could write to its pipes. */
export async function runCommand(input: string, given: Given = {}): Promise<Ended> {
  const { signalAt } = given;
  const running = new Running(given);
  running.child.stdin.end(input);
  if (signalAt) void running.printed(signalAt.printed).then(() => running.child.kill(signalAt.signal));
  return running.ended;
}

/** `servelab` with these arguments, to its end. */
export const cli = (...args: readonly string[]): Promise<Ended> => runCommand('', { args });

/** The same, which must go well and say nothing on stderr; gives what it printed. */
export async function shown(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await cli(...args);
  assert.is(stderr, '');
  assert.is(code, 0, stdout);
  return stdout;
}

/** The command while it runs. */
export class Running {
  readonly child: ChildProcessWithoutNullStreams;
  /** Resolves when it has ended and nothing of it is left that could write to its pipes. */
  readonly ended: Promise<Ended>;
  #stdout = '';
  #waiting: { readonly isMet: () => boolean; readonly resolve: () => void }[] = [];

  constructor({ args = [], nodeArgs = [], cwd, env }: Given) {
    const options = { stdio: 'pipe', ...(cwd && { cwd }), env: { ...process.env, ...env } } as const;
    this.child = spawn(process.execPath, [...nodeArgs, command, ...args], options);
    const { stdin, stdout, stderr } = this.child;
    // A command that reads nothing may be gone before its input comes.
    stdin.on('error', () => {});
    const closed = new Promise<number | null>((resolve, reject) => {
      this.child.once('close', resolve).once('error', reject);
    });
    stdout.setEncoding('utf8').on('data', (chunk: string) => {
      this.#stdout += chunk;
      this.#look();
    });
    this.ended = Promise.all([text(stderr), closed]).then(([said, code]) => {
      this.#look();
      return { code, stdout: this.#stdout, stderr: said };
    });
  }

  get stdout(): string {
    return this.#stdout;
  }

  /** Resolves with everything printed so far once this is in it; rejects when it ends without. */
  async printed(part: string, count = 1): Promise<string> {
    const isMet = (): boolean => this.#stdout.split(part).length > count;
    if (!isMet()) {
      const met = new Promise<void>((resolve) => this.#waiting.push({ isMet, resolve }));
      const over = this.ended.then(({ stdout, stderr }) => {
        if (!isMet()) throw new Error(`it ended and has not printed ${JSON.stringify(part)}:\n${stdout}${stderr}`);
      });
      await Promise.race([met, over]);
    }
    return this.#stdout;
  }

  async kill(signal: NodeJS.Signals): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }

  #look(): void {
    const met = this.#waiting.filter(({ isMet }) => isMet());
    this.#waiting = this.#waiting.filter((one) => !met.includes(one));
    for (const { resolve } of met) resolve();
  }
}

/** A test that may leave a detached instance of this name behind, which is ended. */
export function endingInstance(name: string, run: (name: string) => Promise<void>): () => Promise<void> {
  return async () => {
    try {
      await run(name);
    } finally {
      const client = await serve.connect({ name }).catch(() => null); // it has ended already
      await client?.shutdown();
    }
  };
}

/** A test with a folder of files. */
export function inFolder(
  files: Readonly<Record<string, string>>,
  run: (folder: string) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), 'servelab-cli-'));
    try {
      writeFiles(folder, files);
      await run(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  };
}

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}
