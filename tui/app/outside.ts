/** What leaves the screen: the shell for a while, a pager, files, the clipboard, the wall. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, findInstance } from '../../lib/index.ts';
import { toAnsi } from '../frame/ansi.ts';
import { messageOf } from '../model/failure.ts';
import type { LiveInstance } from '../model/live.ts';
import type { Keyboard } from '../terminal/input.ts';
import type { Mouse } from '../terminal/mouse.ts';
import type { TerminalOutput } from '../terminal/output.ts';
import type { Effect } from '../ui/context.ts';
import { drawScreen } from '../views/draw.ts';
import type { Scene } from '../views/scene.ts';
import type { Handover } from './screen.ts';

export interface OutsideGiven {
  /** Of the instance. */
  readonly name: string;
  readonly live: Pick<LiveInstance<Client>, 'get' | 'subscribe'>;
  readonly keyboard: Keyboard;
  readonly output: TerminalOutput;
}

interface App {
  readonly exit: () => void;
  readonly suspend: Handover;
}

/** A process that the kernel does not stop, as no shell could take it up again, goes on after this. */
const STOPPED_MS = 50;

export class Outside {
  readonly #given: OutsideGiven;
  #app: App | null = null;
  #mouse: Mouse | null = null;
  #handover: Promise<void> = Promise.resolve();

  constructor(given: OutsideGiven) {
    this.#given = given;
  }

  ready(app: App, mouse: Mouse): void {
    this.#app = app;
    this.#mouse = mouse;
  }

  /** Resolves when nobody else has the terminal. */
  get handedBack(): Promise<void> {
    return this.#handover;
  }

  /** Resolves with what to say of it; rejects with what went wrong. */
  async act(effect: Effect, scene: Scene): Promise<string | null> {
    switch (effect.type) {
      case 'quit':
        this.#app?.exit();
        return null;
      case 'suspend':
        await this.#handOver(stopped);
        return null;
      case 'pager':
        return this.#showLog();
      case 'copy':
        // Terminals that know it take it over; others ignore it.
        this.#given.output.write(`\x1b]52;c;${Buffer.from(effect.text).toString('base64')}\x07`);
        return `copied: ${effect.text}`;
      case 'snapshot':
        return writeSnapshot(this.#given.name, scene);
      case 'wall': {
        const { showWall } = await import('../wall/wall.ts');
        const { live, keyboard, output } = this.#given;
        await this.#handOver(() => showWall({ live, series: scene.series, keyboard, output }));
        return null;
      }
      case 'run':
      case 'undo':
      case 'retry':
        throw new Error(`${effect.type} is not for here`);
    }
  }

  async #handOver(work: () => Promise<void>): Promise<void> {
    const [app, mouse] = [this.#app, this.#mouse];
    if (app === null || mouse === null) return;
    const handover = mouse.offDuring(() => app.suspend(work));
    this.#handover = handover.catch(() => {}); // its own caller is told
    await handover;
  }

  async #showLog(): Promise<string | null> {
    const { log, state, pid } = await findInstance(this.#given.name);
    if (log === null)
      return state === 'running' ? `it has no log: it prints where its process ${pid} does` : 'it has left no log';
    let said: string | null = null;
    await this.#handOver(async () => {
      said = await runPager(log);
    });
    return said;
  }
}

/** As if the terminal had stopped us: with all that was started along with us. Resolves when we are back. */
async function stopped(): Promise<void> {
  process.kill(0, 'SIGTSTP');
  await delay(STOPPED_MS);
}

/** `less` does not let what it shows drive the terminal. Resolves with what went wrong, or null. */
async function runPager(path: string): Promise<string | null> {
  const [program = 'less', ...args] = (process.env.PAGER || 'less').split(' ');
  const child = spawn(program, [...args, ...(program === 'less' ? ['+G'] : []), path], { stdio: 'inherit' });
  try {
    await once(child, 'exit');
    return null;
  } catch (error) {
    return `${program} could not be run: ${messageOf(error)}`;
  }
}

async function writeSnapshot(name: string, scene: Scene): Promise<string> {
  if (scene.live.status === null) return 'there is nothing to write yet';
  const stamp = new Date(scene.now).toISOString().replace(/[:.]/g, '-');
  const path = join(process.cwd(), `servelab-${name}-${stamp}`);
  const notes = { ...scene, ui: { ...scene.ui, notice: null } };
  await writeFile(`${path}.json`, `${JSON.stringify(scene.live.status, null, 2)}\n`, { flag: 'wx' });
  await writeFile(
    `${path}.ansi`,
    `${drawScreen(notes)
      .map((one) => toAnsi(one, scene.look))
      .join('\n')}\n`,
    { flag: 'wx' },
  );
  return `written: ${path}.json and .ansi`;
}
