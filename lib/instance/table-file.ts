/** The routing table as files, for replicas in processes that follow it. They read it whenever its version has grown. */
import { closeSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { serialize } from 'node:v8';
import type { BackendEntry, RoutingTable } from '../domain/routing-table.ts';

export class TableFile {
  readonly paths: { readonly version: string; readonly table: string };
  readonly #version: number;
  #isFollowed = false;

  constructor(directory: { newPath(kind: string): string }) {
    this.paths = { version: directory.newPath('version'), table: directory.newPath('table') };
    this.#version = openSync(this.paths.version, 'wx', 0o600);
    writeSync(this.#version, new BigUint64Array(1));
  }

  /** Somebody reads it from now on. */
  follow(table: RoutingTable): void {
    this.#isFollowed = true;
    this.publish(table);
  }

  /** The version is written last: who reads it finds that table, or a newer one. */
  publish(table: RoutingTable): void {
    if (!this.#isFollowed) return;
    const draft = `${this.paths.table}.new`;
    writeFileSync(draft, serialize(withoutMemory(table)), { mode: 0o600 });
    renameSync(draft, this.paths.table);
    writeSync(this.#version, new BigUint64Array([BigInt(table.version)]), 0, BigUint64Array.BYTES_PER_ELEMENT, 0);
  }

  close(): void {
    closeSync(this.#version);
  }
}

const withoutMemory = (table: RoutingTable): RoutingTable => ({
  ...table,
  backends: new Map([...table.backends].map(([tag, entry]) => [tag, unshared(entry)])),
});

const unshared = (entry: BackendEntry): BackendEntry => ({
  ...entry,
  replicas: entry.replicas.map((replica) => ({ ...replica, load: null })),
});
