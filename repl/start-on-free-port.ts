import { type Client, ServeError, start } from '../lib/index.ts';

const first = 8000;
const last = 8099;

/** An instance whose HTTP listens on 8000 or the next free port. Rejects with PORT_IN_USE when all of 100 are taken. */
export async function startOnFreePort(port = first): Promise<Client> {
  try {
    return await start({ http: { port } });
  } catch (error) {
    const isTaken = error instanceof ServeError && error.code === 'PORT_IN_USE';
    if (!isTaken || port >= last) throw error;
    return startOnFreePort(port + 1);
  }
}
