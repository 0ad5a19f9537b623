/** What other processes find an instance by: its name's lock and its control socket. */
import { ControlServer, type ControlServerParts } from '../control/control-server.ts';
import { lockInstance } from '../control/instance-lock.ts';
import { makeStateDirectory, removeStateDirectory } from '../control/state-directory.ts';
import { ServeError } from '../errors.ts';
import { version } from '../version.ts';

export interface FrontDoor {
  /** The name is free at once. Resolves when everybody has been let go. */
  close(): Promise<void>;
}

export interface FrontDoorParts extends Pick<ControlServerParts, 'call' | 'queries'> {
  httpUrl(): string | null;
}

/** Rejects with INSTANCE_EXISTS when one of that name runs in another process, LISTEN_FAILED. */
export async function openFrontDoor(name: string, { httpUrl, call, queries }: FrontDoorParts): Promise<FrontDoor> {
  const directory = makeStateDirectory(name);
  const lock = await lockInstance(directory.lock);
  if ('holder' in lock) throw instanceExists(name, `in process ${lock.holder}`);
  const welcome = () => ({ instance: name, pid: process.pid, httpUrl: httpUrl() });
  const server = await ControlServer.listen(directory.socket, { version, welcome, call, queries }).catch((error) => {
    lock.release();
    throw error;
  });
  return {
    close() {
      const left = server.close();
      removeStateDirectory(directory);
      lock.release();
      return left;
    },
  };
}

export const instanceExists = (name: string, where: string): ServeError =>
  new ServeError(
    'INSTANCE_EXISTS',
    `instance '${name}' runs already, ${where}; get a client with serve.connect({ name: '${name}' }), or choose another name`,
  );
