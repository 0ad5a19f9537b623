/** Opens the terminal UI on a terminal and stays until its user leaves. */
import { type Client, connect } from '../../lib/index.ts';
import { type LookGiven, resolveLook } from '../frame/look.ts';
import { LiveInstance } from '../model/live.ts';
import { type FollowLog, InstanceLog } from '../model/log.ts';
import { type FollowPictures, InstancePictures } from '../model/pictures.ts';
import type { Keyboard } from '../terminal/input.ts';
import { type Display, keepPrinted } from '../terminal/output.ts';
import type { Ui } from '../ui/ui.ts';

export interface OpenGiven {
  /** Of the instance. */
  readonly name: string;
  readonly look: Omit<LookGiven, 'colors'>;
  readonly ui: Partial<Ui>;
  readonly followLog: FollowLog;
  readonly followPictures: FollowPictures;
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

/** Signals that end it: the terminal is given back before they do. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Resolves when its user has left; the terminal is then as it was. `process.stdin` and `process.stdout` are terminals. */
export async function openTop(given: OpenGiven): Promise<void> {
  const { stdin, stdout, stderr, env } = process;
  const endKeeping = keepPrinted(stdout, stderr);
  const ending = new AbortController();
  let came: NodeJS.Signals | null = null;
  const onSignal = (signal: NodeJS.Signals): void => {
    came = signal;
    ending.abort();
  };
  for (const signal of ENDING) process.on(signal, onSignal);
  const terminal = { keyboard: stdin, display: endKeeping.display, colors: stdout.hasColors?.() ?? true, env };
  try {
    await openTopOn(terminal, given, ending.signal);
  } finally {
    endKeeping.end();
    for (const signal of ENDING) process.off(signal, onSignal);
    if (came !== null) endBy(came);
  }
}

/** Who waits for this process is to see what has ended it. Ink's libraries listen, too, and would only put it off. */
function endBy(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/** The same on any terminal, also until `leave` aborts. */
export async function openTopOn(terminal: Terminal, given: OpenGiven, leave?: AbortSignal): Promise<void> {
  // React is several times slower otherwise. It reads this once, when it is loaded.
  process.env.NODE_ENV ??= 'production';
  const { mountTop } = await import('./mount.ts');
  const { name, look, ui, followLog, followPictures, readonlyReason } = given;
  const log = new InstanceLog(followLog);
  const pictures = new InstancePictures(followPictures);
  const live = new LiveInstance<Client>({ connect: () => connect({ name }) });
  const running = live.run();
  try {
    const shown = { look: resolveLook({ ...look, colors: terminal.colors }, terminal.env), ui, readonlyReason };
    await mountTop(terminal, { name, live, log, pictures, ...shown }, leave);
  } finally {
    await Promise.all([live.stop(), log.stop(), pictures.stop()]);
    await running;
  }
}
