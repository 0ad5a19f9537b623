/** A kernel, to the end of its process: Jupyter has started it, with where it is to listen. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { messageOf } from '../message-of.ts';
import { readConnectionFile } from './connection-file.ts';
import { KernelHistory } from './history.ts';
import { Kernel } from './kernel.ts';
import { whenParentEnds } from './parent-process.ts';
import { Sockets } from './sockets.ts';
import { WireFormat } from './wire-message.ts';

interface KernelGiven {
  readonly connectionFile: string;
  readonly version: string;
  /** null: one of its own. */
  readonly instance: string | null;
}

export async function runKernel({ connectionFile, version, instance }: KernelGiven): Promise<never> {
  const connection = readConnectionFile(connectionFile);
  const note = (text: string): void => void process.stderr.write(`servelab kernel: ${text}\n`);
  const sockets = await Sockets.bind(connection);
  const kernel = new Kernel({
    ...{ version, instance, note },
    format: new WireFormat(connection.key),
    history: new KernelHistory(historyFile()),
    send: (channel, frames) => sockets.send(channel, frames),
  });
  sockets.listen({
    request: (channel, frames) => kernel.take(channel, frames),
    subscribed: (topic) => kernel.subscribed(topic),
  });
  process.on('SIGINT', () => kernel.interrupt());
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void kernel.end(0));
  process.on('uncaughtException', (error) => {
    note(messageOf(error));
    void kernel.end(1);
  });
  whenParentEnds(process.env.JPY_PARENT_PID, () => void kernel.end(0));
  const code = await kernel.ended;
  await sockets.close();
  process.exit(code);
}

function historyFile(): string {
  const state = process.env.XDG_STATE_HOME;
  const home = state !== undefined && isAbsolute(state) ? state : join(homedir(), '.local', 'state');
  return join(home, 'servelab', 'notebook-history.jsonl');
}
