/** The instance that a notebook works on: one that runs, or one of its own, which ends with it. */
import { type Client, connect, ServeError } from '../../lib/index.ts';
import { startOnFreePort } from '../start-on-free-port.ts';

export interface NotebookInstance {
  readonly name: string;
  /** null: it is somebody else's. */
  readonly own: Client | null;
}

/** Of a kernel's own; further ones at the same time are `notebook-2` and so on. */
const OWN = 'notebook';
const MOST_OWN = 100;

/** `given`: which runs; null: one of its own. Rejects with what `serve.connect` and `serve.start` reject with. */
export async function openInstance(given: string | null): Promise<NotebookInstance> {
  if (given === null) return startOwn(1);
  // Where there is none that is said here, before a session could say less of it.
  await (await connect({ name: given })).close();
  return { name: given, own: null };
}

async function startOwn(count: number): Promise<NotebookInstance> {
  const name = count === 1 ? OWN : `${OWN}-${count}`;
  try {
    return { name, own: await startOnFreePort({ name, host: 'process' }) };
  } catch (error) {
    const isTaken = error instanceof ServeError && error.code === 'INSTANCE_EXISTS';
    if (!isTaken || count >= MOST_OWN) throw error;
    return startOwn(count + 1);
  }
}
