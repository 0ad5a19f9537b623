import { type Client, connect, ServeError } from '../lib/index.ts';

export interface InstanceHere {
  readonly client: Client;
  /** It was started for this, and ends with it. */
  readonly isOwn: boolean;
}

/** The instance of this name if it runs, else what `start` gives. Rejects with what either rejects with. */
export async function connectOrStart(name: string, start: () => Promise<Client>): Promise<InstanceHere> {
  const client = await connect({ name }).catch((error: unknown) => {
    if (error instanceof ServeError && error.code === 'INSTANCE_NOT_FOUND') return null;
    throw error;
  });
  return client === null ? { client: await start(), isOwn: true } : { client, isOwn: false };
}
