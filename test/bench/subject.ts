/** The subject's side: what every program in `subjects/` does apart from the work that is measured. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Sample } from './scenario.ts';

export interface ToSubject {
  readonly command: string;
  readonly args: readonly number[];
}

export type FromSubject =
  | { readonly type: 'ready'; readonly url: string | null }
  | { readonly type: 'measured'; readonly sample: Sample }
  | { readonly type: 'failed'; readonly reason: string };

/** Every subject knows it. */
export const CPU_COMMAND = 'cpu';

export type Commands = Readonly<Record<string, (...args: number[]) => Promise<Sample>>>;

/** Says that the subject is ready, and obeys the bench until that is gone. */
export function beSubject(url: string | null, commands: Commands = {}): void {
  process.on('message', ({ command, args }: ToSubject) => {
    const run = command === CPU_COMMAND ? usedCpu : commands[command];
    if (run === undefined) throw new Error(`there is no command '${command}'`);
    run(...args).then(
      (sample) => say({ type: 'measured', sample }),
      (error: Error) => say({ type: 'failed', reason: error.stack ?? String(error) }),
    );
  });
  process.once('disconnect', () => process.exit());
  say({ type: 'ready', url });
}

/** CPU time of all threads since the start, in µs. */
async function usedCpu(): Promise<Sample> {
  const { user, system } = process.cpuUsage();
  return { cpuMicros: user + system };
}

/** For a server that has been told to listen, on port 0. */
export function beHttpSubject(server: Server): void {
  const announce = () => beSubject(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  if (server.listening) announce();
  else server.once('listening', announce);
}

function say(message: FromSubject): void {
  process.send?.(message);
}
