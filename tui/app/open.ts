/** Opens the terminal UI on a terminal and stays until its user leaves. */
import { type Client, connect } from '../../lib/index.ts';
import { type LookGiven, resolveLook } from '../frame/look.ts';
import { LiveInstance } from '../model/live.ts';
import { TerminalInput } from '../terminal/input.ts';
import { Mouse } from '../terminal/mouse.ts';
import { keepPrinted, TerminalOutput } from '../terminal/output.ts';
import type { Ui } from '../ui/ui.ts';
import { Outside } from './outside.ts';
import { Top } from './top.ts';

export interface OpenGiven {
  /** Of the instance. */
  readonly name: string;
  readonly look: Omit<LookGiven, 'colors'>;
  readonly ui: Partial<Ui>;
  /** Why nothing can be changed; null: it can. */
  readonly readonlyReason: string | null;
}

const MOST_FPS = 20;

/** Resolves when its user has left; the terminal is then as it was. `process.stdin` and `process.stdout` are terminals. */
export async function openTop({ name, look, ui, readonlyReason }: OpenGiven): Promise<void> {
  // React is several times slower otherwise. It reads this once, when it is loaded.
  process.env.NODE_ENV ??= 'production';
  const [{ render }, { createElement }, { Screen }] = await Promise.all([
    import('ink'),
    import('react'),
    import('./screen.tsx'),
  ]);
  const { stdin, stdout, stderr } = process;
  const output = new TerminalOutput(stdout);
  const live = new LiveInstance<Client>({ connect: () => connect({ name }) });
  const outside = new Outside(name, output);
  const top = new Top({
    ...{ name, live, ui, readonlyReason },
    look: resolveLook({ ...look, colors: stdout.hasColors?.() ?? true }, process.env),
    outside: (effect, scene) => outside.act(effect, scene),
  });
  const mouse = new Mouse(output);
  const input = new TerminalInput(stdin, (event) => top.mouse(event));
  // Before Ink's own listener: it lays out what is there by then.
  const resized = (): void => {
    top.resize(output.columns, output.rows);
    output.resized();
  };
  stdout.on('resize', resized);
  const endKeeping = keepPrinted(stdout, stderr);
  const stopMouse = top.subscribe(() => mouse.set(top.ui.isMouseOn));
  top.start(output.columns, output.rows);
  const running = live.run();
  const app = render(createElement(Screen, { top, ready: (given) => outside.ready(given, mouse) }), {
    // Both are what Ink uses of a terminal.
    stdin: input as unknown as NodeJS.ReadStream,
    stdout: output as unknown as NodeJS.WriteStream,
    ...{
      alternateScreen: true,
      incrementalRendering: true,
      maxFps: MOST_FPS,
      exitOnCtrlC: false,
      patchConsole: false,
      interactive: true,
    },
  });
  try {
    await app.waitUntilExit();
  } finally {
    stopMouse();
    mouse.set(false);
    stdout.off('resize', resized);
    top.stop();
    endKeeping();
    await live.stop();
    await running;
  }
}
