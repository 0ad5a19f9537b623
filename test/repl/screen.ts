import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Requirement } from '../support/require.ts';

const run = promisify(execFile);
const patienceMs = 20_000;

export const tmux: Requirement = {
  available: spawnSync('tmux', ['-V']).status === 0,
  why: 'tmux is not installed',
};

/** At the end of what is on the screen: the instance's name, and how it is when it is not well. */
export const PROMPT = /\n[\w.-]+(?: \S+)?> *$/;

/** A terminal of 80 columns with a server of its own, in which one program runs. Close it, or it stays. */
export class Screen {
  readonly #folder = mkdtempSync(join(tmpdir(), 'servelab-screen-'));

  static async open(program: readonly string[]): Promise<Screen> {
    const screen = new Screen();
    const words = program.map((word) => `'${word}'`).join(' ');
    // The shell says how the program ended, as tmux sometimes misses it; Ctrl+C is for the program.
    const shell = `trap : INT; ${words}; echo "exit code $?"`;
    await screen.#tmux(
      ...['start-server', ';', 'set-option', '-g', 'remain-on-exit', 'on', ';'],
      ...['new-session', '-d', '-x', '80', '-y', '40', shell],
    );
    return screen;
  }

  /** Types or pastes lines, each with its Enter. */
  async enter(...lines: readonly string[]): Promise<void> {
    await this.#tmux('set-buffer', '--', `${lines.join('\n')}\n`, ';', 'paste-buffer');
  }

  /** As terminals paste these lines where the program has asked them to mark what is pasted. */
  async paste(...lines: readonly string[]): Promise<void> {
    await this.#tmux('set-buffer', '--', lines.join('\n'), ';', 'paste-buffer', '-p');
  }

  /** Without Enter. */
  async type(text: string): Promise<void> {
    await this.#tmux('send-keys', '-l', '--', text);
  }

  /** Without Enter. A key has tmux's name: `C-c`. */
  async press(key: string): Promise<void> {
    await this.#tmux('send-keys', key);
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** All that was written, without the folding of long lines. */
  async read(): Promise<string> {
    const text = await this.#tmux('capture-pane', '-p', '-J', '-S', '-');
    return text.replace(/ +$/gm, '');
  }

  /** The same, with the escapes of its colours. */
  readStyled(): Promise<string> {
    return this.#tmux('capture-pane', '-p', '-e', '-J', '-S', '-');
  }

  /** What the screen shows once it matches; what it showed until then is in the error otherwise. */
  async waitFor(pattern: RegExp): Promise<string> {
    let text = '';
    await until(async () => {
      text = await this.read();
      return pattern.test(text);
    }).catch(() => {
      throw new Error(`the screen never matched ${pattern}:\n${text.trimEnd()}`);
    });
    return text;
  }

  /** Until tmux says so of the pane, by its own names: `alternate_on: '0'`. */
  async waitForModes(wanted: Readonly<Record<string, string>>): Promise<void> {
    const names = Object.keys(wanted);
    const format = names.map((name) => `#{${name}}`).join(' ');
    let found = '';
    await until(async () => {
      found = (await this.#tmux('display-message', '-p', format)).trim();
      return found === Object.values(wanted).join(' ');
    }).catch(() => {
      throw new Error(`the terminal is ${names.join(' ')} = ${found}, wanted ${Object.values(wanted).join(' ')}`);
    });
  }

  /** The process that the shell has in the foreground. */
  async foreground(): Promise<number> {
    const terminal = (await this.#tmux('display-message', '-p', '#{pane_tty}')).trim();
    const { stdout } = await run('ps', ['-o', 'pid=,stat=', '-t', terminal]);
    const found = /^\s*(\d+)\s+\S*\+/m.exec(stdout)?.[1];
    if (found === undefined) throw new Error(`nothing runs in the foreground of ${terminal}:\n${stdout}`);
    return Number(found);
  }

  /** Enters lines and gives what came after them, once that matches. */
  async answer(lines: string | readonly string[], pattern: RegExp): Promise<string> {
    const before = (await this.read()).trimEnd().length;
    await this.enter(...[lines].flat());
    let after = '';
    await until(async () => {
      after = (await this.read()).trimEnd().slice(before);
      return pattern.test(after) && PROMPT.test(after);
    }).catch(() => {
      throw new Error(`the answer never matched ${pattern}:\n${after}`);
    });
    return after;
  }

  /** The exit code of the program, once it has ended. */
  async exitCode(): Promise<number> {
    return Number(/exit code (\d+)/.exec(await this.waitFor(/exit code \d+/))?.[1]);
  }

  /** Takes the terminal away. */
  async close(): Promise<void> {
    await this.#tmux('kill-server');
    rmSync(this.#folder, { recursive: true });
  }

  async #tmux(...args: readonly string[]): Promise<string> {
    const { stdout } = await run('tmux', ['-S', join(this.#folder, 'tmux'), '-f', '/dev/null', ...args]);
    return stdout;
  }
}

/** Neither a terminal nor a process that is no child tells what becomes of it, so it is asked again and again. */
async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`not within ${patienceMs} ms`);
    await delay(20);
  }
}

/** Resolves once there is no such process. */
export async function processGone(pid: number): Promise<void> {
  await until(() => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  });
}
