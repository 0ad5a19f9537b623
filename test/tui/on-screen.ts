/** A test with the terminal UI on a terminal that nobody sees. */
import type { Client } from 'servelab';
import type { LiveInstance } from '../../tui/model/live.ts';
import { InstanceLog } from '../../tui/model/log.ts';
import type { Ui } from '../../tui/ui/ui.ts';
import { FakeInstance } from './fake-instance.ts';
import { LOOK } from './fixture.ts';
import { HeadlessTerminal } from './headless-terminal.ts';

export interface Opened {
  readonly terminal: HeadlessTerminal;
  readonly instance: FakeInstance;
  readonly live: LiveInstance<Client>;
  /** Resolves when the screen has been left. */
  readonly left: Promise<void>;
}

export interface OnScreenGiven {
  readonly columns?: number;
  readonly rows?: number;
  readonly ui?: Partial<Ui>;
  readonly instance?: FakeInstance;
  /** What the instance has printed. */
  readonly log?: readonly string[];
}

/** The screen is left however the test ends. */
export function onScreen(
  run: (opened: Opened) => Promise<void>,
  { columns = 100, rows = 30, ui = {}, instance = new FakeInstance(), log: lines = [] }: OnScreenGiven = {},
): () => Promise<void> {
  return async () => {
    // As the command does: React, which reads it when it is loaded, is slower otherwise.
    process.env.NODE_ENV ??= 'production';
    const { mountTop } = await import('../../tui/app/mount.ts');
    const terminal = new HeadlessTerminal(columns, rows);
    const live = instance.live();
    const log = new InstanceLog(async (_, signal, take) => {
      take(lines);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
    const running = live.run();
    const left = mountTop(terminal, { name: 'default', live, log, ui, look: LOOK });
    try {
      await run({ terminal, instance, live, left });
    } finally {
      terminal.type('\x03');
      await left;
      await Promise.all([live.stop(), log.stop()]);
      await running;
    }
  };
}
