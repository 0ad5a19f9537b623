/** What was typed, from one prompt to the next. */
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { REPLServer } from 'node:repl';

/** As far as it goes: where there is no place to keep it, nothing is kept. */
export function keepHistory(server: REPLServer): void {
  const state = process.env.XDG_STATE_HOME;
  const home = state !== undefined && isAbsolute(state) ? state : join(homedir(), '.local', 'state');
  const directory = join(home, 'servelab');
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch {
    return; // a home that cannot be written to: said by the instance, which needs it more
  }
  server.setupHistory(join(directory, 'prompt-history'), () => {});
}
