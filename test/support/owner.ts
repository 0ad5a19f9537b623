/** An instance that belongs to another process, for the length of one test. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../../test/fixtures/control/owner.ts', import.meta.url));
let started = 0;

export interface Owner {
  readonly name: string;
  readonly url: string;
  readonly process: ChildProcess;
  /** Resolves when the process has ended. */
  readonly ended: Promise<unknown>;
}

export interface EndableOwner extends Owner {
  end(): Promise<void>;
}

/** An instance `echo`, `fails`, `count`, `large` and `waits` in another process, which its starter has to end. */
export async function startOwner(): Promise<EndableOwner> {
  const name = `owned-${++started}`;
  const child = fork(PROGRAM, [name], { execArgv: ['--disable-warning=ExperimentalWarning'] });
  const ended = once(child, 'exit');
  const [{ url }] = (await Promise.race([once(child, 'message'), ended.then(() => [{ url: '' }])])) as [
    { url: string },
  ];
  return {
    name,
    url,
    process: child,
    ended,
    async end() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** A test with one of its own, which ends however the test does. */
export function withOwner(run: (owner: Owner) => Promise<void>): () => Promise<void> {
  return async () => {
    const owner = await startOwner();
    try {
      await run(owner);
    } finally {
      await owner.end();
    }
  };
}
