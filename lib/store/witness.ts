/**
 * A small file beside the database that says which revision was reached, and whose process has it open. A damaged log
 * looks to SQLite as if its last commits had never been; the witness knows better. It is written after the commit and
 * not flushed: behind the truth after a power cut it is only silent, ahead of it it never is.
 */
import { hash } from 'node:crypto';
import { closeSync, constants, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import type { Rev } from './store.ts';

export interface Testimony {
  readonly pid: number;
  readonly rev: Rev;
  /** The revision that the safety copy has; 0 = there is none. */
  readonly copied: Rev;
}

/** Always overwritten in place as a whole, so that it needs no room on a full disk. */
const SIZE = 160;
const SUM_DIGITS = 32;

export class Witness {
  readonly #file: number;

  /** Makes the file where there is none. */
  constructor(path: string) {
    this.#file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  }

  /** Null when nothing was said yet, or what was said is damaged. */
  read(): Testimony | null {
    const bytes = Buffer.alloc(SIZE);
    readSync(this.#file, bytes, 0, SIZE, 0);
    return parse(bytes.toString('latin1'));
  }

  /** A failure loses nothing: an older word only makes the witness less watchful. */
  write(testimony: Testimony): void {
    try {
      writeSync(this.#file, print(testimony), 0, 'latin1');
    } catch {}
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** What the witness at `path` says, for those who do not own the store. */
export function readTestimony(path: string): Testimony | null {
  try {
    return parse(readFileSync(path, 'latin1'));
  } catch {
    return null; // there is none, or not for us: nothing is known
  }
}

function print({ pid, rev, copied }: Testimony): string {
  const text = JSON.stringify({ pid, rev, copied });
  return `${sumOf(text)} ${text}`.padEnd(SIZE - 1).concat('\n');
}

function parse(line: string): Testimony | null {
  const text = line.slice(SUM_DIGITS + 1).trimEnd();
  return line.slice(0, SUM_DIGITS) === sumOf(text) ? (JSON.parse(text) as Testimony) : null;
}

const sumOf = (text: string): string => hash('sha256', text, 'hex').slice(0, SUM_DIGITS);
