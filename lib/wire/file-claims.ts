/**
 * Claims between processes: a file that both hold open, and that outlives the replica. For each slot it says how many
 * queries of that slot had come when the replica last started one. Writing that takes about a microsecond, and it is
 * there however the replica ends: killed, aborted or spinning.
 */
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import type { ReceiverClaims, SenderClaims } from './claims.ts';

const BYTES = Uint32Array.BYTES_PER_ELEMENT;

/** What the router says first on a connection between processes. */
export interface Hello {
  /** Path of the file of claims, which the replica removes once it has opened it. */
  readonly claims: string;
}

abstract class FileClaims {
  readonly crossesProcesses = true;
  /** Queries that each slot has held. */
  protected readonly held: number[] = [];
  protected readonly word = new Uint32Array(1);
  protected readonly file: number;
  #isOpen = true;

  constructor(file: number) {
    this.file = file;
  }

  close(): void {
    if (this.#isOpen) closeSync(this.file);
    this.#isOpen = false;
  }

  protected countUp(slot: number): void {
    this.held[slot] = ((this.held[slot] ?? 0) + 1) >>> 0;
  }
}

export class FileClaimsSender extends FileClaims implements SenderClaims {
  readonly #path: string;

  constructor(path: string) {
    super(openSync(path, 'wx+', 0o600));
    this.#path = path;
  }

  /** The replica may have ended before it could remove the file. */
  override close(): void {
    rmSync(this.#path, { force: true });
    super.close();
  }

  addSlot(): null {
    return null;
  }

  reset(slot: number): void {
    this.countUp(slot);
  }

  revoke(slot: number): boolean {
    this.word[0] = 0;
    readSync(this.file, this.word, 0, BYTES, slot * BYTES);
    return this.word[0] !== this.held[slot];
  }
}

export class FileClaimsReceiver extends FileClaims implements ReceiverClaims {
  /** Null: the router has let go already. */
  static open({ claims }: Hello): FileClaimsReceiver | null {
    try {
      const receiver = new FileClaimsReceiver(openSync(claims, 'r+'));
      rmSync(claims, { force: true });
      return receiver;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  addPage(): void {
    throw new Error('a page of slot states came from another process');
  }

  received(slot: number): void {
    this.countUp(slot);
  }

  start(slot: number): boolean {
    this.word[0] = this.held[slot] ?? 0;
    writeSync(this.file, this.word, 0, BYTES, slot * BYTES);
    return true;
  }
}
