/** Tests with a place of their own for the state of instances, also of those that they start in other processes. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `below`: a path in the place, made for the test; its state directories stand there. Everybody may look into the place. */
export function withStateHome(run: (home: string) => Promise<void>, below = ''): () => Promise<void> {
  return async () => {
    const place = mkdtempSync(join(tmpdir(), 'state-'));
    chmodSync(place, 0o755);
    const home = join(place, below);
    mkdirSync(home, { recursive: true });
    const before = process.env.XDG_STATE_HOME;
    process.env.XDG_STATE_HOME = home;
    try {
      await run(home);
    } finally {
      if (before === undefined) delete process.env.XDG_STATE_HOME;
      else process.env.XDG_STATE_HOME = before;
      rmSync(place, { recursive: true, force: true });
    }
  };
}
