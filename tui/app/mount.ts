/** Ink on a terminal, from its first frame to its last. */
import { render } from 'ink';
import { createElement } from 'react';
import { TerminalInput } from '../terminal/input.ts';
import { Mouse } from '../terminal/mouse.ts';
import { TerminalOutput } from '../terminal/output.ts';
import type { Terminal } from './open.ts';
import { Outside } from './outside.ts';
import { Screen } from './screen.ts';
import { Top, type TopGiven } from './top.ts';

const MOST_FPS = 20;
const ERASE_ALL = '\x1b[H\x1b[2J';

/** Resolves when its user has left, or `leave` aborts; the terminal is then as it was. */
export async function mountTop(
  { keyboard, display }: Terminal,
  given: Omit<TopGiven, 'outside'>,
  leave?: AbortSignal,
): Promise<void> {
  const output = new TerminalOutput(display);
  const outside = new Outside({ name: given.name, live: given.live, keyboard, output });
  const top = new Top({ ...given, outside: (effect, scene) => outside.act(effect, scene) });
  const mouse = new Mouse(output);
  const input = new TerminalInput(keyboard, (event) => top.mouse(event));
  const stopMouse = top.subscribe(() => mouse.set(top.ui.isMouseOn));
  top.start(output.columns, output.rows);
  mouse.set(top.ui.isMouseOn);
  const app = render(createElement(Screen, { top, ready: (ready) => outside.ready(ready, mouse) }), {
    // They have what Ink uses of a terminal.
    stdin: input,
    stdout: output,
    ...{ alternateScreen: true, incrementalRendering: true, maxFps: MOST_FPS },
    // Our own handling of all three.
    ...{ exitOnCtrlC: false, patchConsole: false, interactive: true },
  });
  // A terminal that shrinks has moved what stood on it, so all of it is drawn anew. Ink hears of it after React has drawn
  // for the new size: it would draw the old lines again otherwise, more than there is room for.
  const resized = (): void => {
    app.clear();
    output.write(ERASE_ALL);
    top.resize(output.columns, output.rows);
    setImmediate(output.resized);
  };
  const unmount = (): void => void outside.handedBack.then(() => app.unmount());
  leave?.addEventListener('abort', unmount);
  display.on('resize', resized);
  try {
    await app.waitUntilExit();
  } finally {
    leave?.removeEventListener('abort', unmount);
    stopMouse();
    mouse.set(false);
    display.off('resize', resized);
    top.stop();
  }
}
