/** Opens the terminal UI on a terminal and stays until its user leaves. */
import { type Client, connect } from '../../lib/index.ts';
import { type LookGiven, resolveLook } from '../frame/look.ts';
import { LiveInstance } from '../model/live.ts';
import { type FollowLog, InstanceLog } from '../model/log.ts';
import type { Keyboard } from '../terminal/input.ts';
import { type Display, keepPrinted } from '../terminal/output.ts';
import type { Ui } from '../ui/ui.ts';

export interface OpenGiven {
  /** Of the instance. */
  readonly name: string;
  readonly look: Omit<LookGiven, 'colors'>;
  readonly ui: Partial<Ui>;
  readonly followLog: FollowLog;
  /** Why nothing can be changed; null: it can. */
  readonly readonlyReason: string | null;
}

export interface Terminal {
  readonly keyboard: Keyboard;
  readonly display: Display;
  /** Whether it shows colours. */
  readonly colors: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Resolves when its user has left; the terminal is then as it was. `process.stdin` and `process.stdout` are terminals. */
export async function openTop(given: OpenGiven): Promise<void> {
  const { stdin, stdout, stderr, env } = process;
  const endKeeping = keepPrinted(stdout, stderr);
  try {
    await openTopOn({ keyboard: stdin, display: endKeeping.display, colors: stdout.hasColors?.() ?? true, env }, given);
  } finally {
    endKeeping.end();
  }
}

/** The same on any terminal. */
export async function openTopOn(terminal: Terminal, given: OpenGiven): Promise<void> {
  // React is several times slower otherwise. It reads this once, when it is loaded.
  process.env.NODE_ENV ??= 'production';
  const { mountTop } = await import('./mount.ts');
  const { name, look, ui, followLog, readonlyReason } = given;
  const log = new InstanceLog(followLog);
  const live = new LiveInstance<Client>({ connect: () => connect({ name }) });
  const running = live.run();
  try {
    await mountTop(terminal, {
      ...{ name, live, log, ui, readonlyReason },
      look: resolveLook({ ...look, colors: terminal.colors }, terminal.env),
    });
  } finally {
    await Promise.all([live.stop(), log.stop()]);
    await running;
  }
}
