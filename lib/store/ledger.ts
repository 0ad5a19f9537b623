/**
 * The store's sum of itself: one row that says how many rows there are and what they come to, so that one that is
 * missing is noticed, as well as one that has changed. Kept up to date in the transaction of each write.
 */
import { hash } from 'node:crypto';
import type { Rev } from './store.ts';

const SUM_BYTES = 16;

export interface Ledger {
  readonly rev: Rev;
  /** Entries and blobs together. */
  readonly rows: number;
  /** The sums of all rows, combined by exclusive or: in any order, and a row is taken out as it was put in. */
  readonly digest: Uint8Array;
}

export const EMPTY_LEDGER: Ledger = Object.freeze({ rev: 0, rows: 0, digest: new Uint8Array(SUM_BYTES) });

export function withRow(ledger: Ledger, sum: Uint8Array): Ledger {
  return { ...ledger, rows: ledger.rows + 1, digest: combine(ledger.digest, sum) };
}

export function withoutRow(ledger: Ledger, sum: Uint8Array): Ledger {
  return { ...ledger, rows: ledger.rows - 1, digest: combine(ledger.digest, sum) };
}

/** That of an entry: over all that is said of it. */
export function sumOfEntry(key: string, rev: Rev, value: Uint8Array): Uint8Array {
  return digestOf([Buffer.from(`entry ${key} ${rev} ${value.byteLength}\n`), value]);
}

/** That of a blob: its hash says all of it. */
export const sumOfBlob = (name: string): Uint8Array => digestOf([Buffer.from(`blob ${name}\n`)]);

/** That of the ledger itself, in a file of this format. */
export function sumOfLedger({ rev, rows, digest }: Ledger, format: number): Uint8Array {
  return digestOf([Buffer.from(`ledger ${format} ${rev} ${rows}\n`), digest]);
}

export const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;

function digestOf(pieces: readonly Uint8Array[]): Uint8Array {
  return hash('sha256', Buffer.concat(pieces), 'buffer').subarray(0, SUM_BYTES);
}

const combine = (one: Uint8Array, other: Uint8Array): Uint8Array =>
  one.map((byte, index) => byte ^ (other[index] ?? 0));
