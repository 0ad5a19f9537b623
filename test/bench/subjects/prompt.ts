/** A prompt in a terminal of its own: until it can be typed at, and until what was typed is answered. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beSubject } from '../subject.ts';

const MAIN = join(import.meta.dirname, '../../../repl/main.js');
const PROGRAMS = { node: [process.execPath, '-i'], servelab: [process.execPath, MAIN] } as const;

const program = process.argv[2] === 'node' ? PROGRAMS.node : PROGRAMS.servelab;
const CELLS = 50;

beSubject(null, {
  prompt: async () => {
    const home = mkdtempSync(join(tmpdir(), 'prompt-'));
    const terminal = new Terminal(home);
    try {
      const readyMs = await terminal.until(/> /);
      // The first cell waits for all that has not come up yet.
      await terminal.answer('6 * 7', /\n42\r/);
      const cells: number[] = [];
      for (let n = 0; n < CELLS; n++) cells.push(await terminal.answer(`${n} + 1000`, new RegExp(`\\n${n + 1000}\\r`)));
      return { readyMs, cellMs: medianOf(cells) };
    } finally {
      await terminal.close();
      rmSync(home, { recursive: true, force: true });
    }
  },
});

class Terminal {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #closed: Promise<unknown>;
  readonly #startedAt = performance.now();
  #text = '';
  #look = (): void => {};

  constructor(home: string) {
    const command = program.map((word) => `'${word}'`).join(' ');
    const env = { ...process.env, XDG_STATE_HOME: home, HOME: home, TERM: 'xterm', NO_COLOR: '1' };
    this.#child = spawn('script', ['-qfec', command, '/dev/null'], { env });
    this.#closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#text += text;
      this.#look();
    });
  }

  /** Ms since its start. */
  async until(pattern: RegExp): Promise<number> {
    await new Promise<void>((resolve) => {
      this.#look = () => {
        if (pattern.test(this.#text)) resolve();
      };
      this.#look();
    });
    return performance.now() - this.#startedAt;
  }

  /** Ms from Enter to the answer. */
  async answer(line: string, pattern: RegExp): Promise<number> {
    this.#text = '';
    const startedAt = this.#sinceStart();
    this.#child.stdin.write(`${line}\r`);
    return (await this.until(pattern)) - startedAt;
  }

  async close(): Promise<void> {
    this.#child.stdin.write('.exit\r');
    await this.#closed;
  }

  #sinceStart(): number {
    return performance.now() - this.#startedAt;
  }
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
