/** What an instance offers to replicas in processes: where they and it take connections, and the routing table. */
import type { Server } from 'node:net';
import type { ProcessAddresses } from '../replica/process-host.ts';
import { version } from '../version.ts';
import { areQueryFrames } from '../wire/frame-check.ts';
import { listenForGreetings } from '../wire/greeting.ts';
import { RunDirectory } from '../wire/run-directory.ts';
import type { SocketPort } from '../wire/socket-port.ts';
import { TableFile } from './table-file.ts';

export class ProcessQuarters {
  readonly table: TableFile;
  readonly directory = new RunDirectory();
  readonly #connected: (port: SocketPort) => void;
  readonly #gateway: string;
  #server: Promise<Server>;
  #failure: Error | null = null;

  /** `connected`: a replica that blocks wants queries routed. Throws when no directory can be made. */
  constructor(connected: (port: SocketPort) => void) {
    this.#connected = connected;
    try {
      this.table = new TableFile(this.directory);
    } catch (error) {
      this.directory.remove();
      throw error;
    }
    this.#gateway = this.directory.newPath('gateway');
    this.#server = this.#listen();
  }

  /** Throws when nobody can be reached here; the next call may find it otherwise. */
  newAddresses(): ProcessAddresses {
    const failure = this.#failure;
    if (failure) {
      this.#failure = null;
      this.#server = this.#listen();
      throw failure;
    }
    const { directory, table } = this;
    return {
      address: directory.newPath('replica'),
      gateway: this.#gateway,
      version,
      load: directory.newPath('load'),
      table: table.paths,
    };
  }

  async close(): Promise<void> {
    await this.#server.then(
      (server) => server.close(),
      () => {},
    );
    this.table.close();
    this.directory.remove();
  }

  #listen(): Promise<Server> {
    const queries = { accepts: areQueryFrames, welcomed: this.#connected };
    const server = listenForGreetings(this.#gateway, version, { queries });
    server.catch((error: Error) => {
      this.#failure = error;
    });
    return server;
  }
}
