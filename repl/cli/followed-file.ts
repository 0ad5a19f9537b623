/** A file that grows, as it is read by somebody who is told when to look again. */
import { constants, type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

/** The whole file, so many of its last lines, or all behind so many bytes that have been read. */
export type Beginning = 'start' | { readonly lastLines: number } | { readonly at: number };

type Take = (bytes: Buffer) => Promise<void>;

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 10;

/** What the file holds now. `take` gets the bytes in order, one chunk at a time. */
export async function readFile(path: string, from: Beginning, take: Take): Promise<void> {
  const reader = new Reader(path, take);
  try {
    await reader.open(from);
    await reader.readOn();
  } finally {
    await reader.close();
  }
}

/**
 * Follows the file of this path, not the one that is there now: when another takes its place, that one is read from its
 * beginning, behind all of the first. The directory may go and come back. Resolves when `signal` aborts.
 */
export async function followFile(path: string, from: Beginning, take: Take, signal: AbortSignal): Promise<void> {
  const bell = new Bell(path, signal);
  const reader = new Reader(path, take);
  try {
    await reader.open(from);
    while (!signal.aborted) {
      const rung = bell.rung();
      do await reader.readOn();
      while (!signal.aborted && (await reader.moveOn()));
      await rung;
    }
  } finally {
    bell.close();
    await reader.close();
  }
}

class Reader {
  readonly #path: string;
  readonly #take: Take;
  #file: FileHandle | null = null;
  #at = 0;

  constructor(path: string, take: Take) {
    this.#path = path;
    this.#take = take;
  }

  async open(from: Beginning): Promise<void> {
    this.#file = await openOrNull(this.#path);
    if (this.#file === null || from === 'start') return;
    this.#at = 'at' in from ? from.at : await startOfLast(from.lastLines, this.#file);
  }

  /** To the end of the file that is open. */
  async readOn(): Promise<void> {
    while (this.#file !== null) {
      const { bytesRead, buffer } = await this.#file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, this.#at);
      if (bytesRead === 0) return;
      this.#at += bytesRead;
      await this.#take(buffer.subarray(0, bytesRead));
    }
  }

  /** True: there is more to read, as another file is there now, or this one was emptied. */
  async moveOn(): Promise<boolean> {
    const there = await stat(this.#path).catch(() => null);
    if (there === null) return false;
    const own = await this.#file?.stat();
    if (own?.ino === there.ino && own.dev === there.dev) {
      if (there.size >= this.#at) return false;
      await this.#readCopy();
      this.#at = 0;
      return true;
    }
    const next = await openOrNull(this.#path);
    if (next === null) return false;
    await this.readOn(); // its writer may have gone on while it was being replaced
    await this.close();
    this.#file = next;
    this.#at = 0;
    return true;
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = null;
  }

  /** A file is emptied when it has become too large, and what it held until then is in a copy: with what we have not read. */
  async #readCopy(): Promise<void> {
    const emptied = this.#file;
    this.#file = await openOrNull(`${this.#path}.1`);
    await this.readOn();
    await this.close();
    this.#file = emptied;
  }
}

/** Where the last so many lines begin, in bytes; 0 when there are no more. */
async function startOfLast(lines: number, file: FileHandle): Promise<number> {
  let end = (await file.stat()).size;
  if (lines === 0) return end;
  const chunk = Buffer.alloc(CHUNK_BYTES);
  // The line end of the last line, if it has one, begins no other.
  for (let left = lines + 1, isLast = true; end > 0; ) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const { bytesRead } = await file.read(chunk, 0, end - start, start);
    if (isLast && chunk[bytesRead - 1] !== NEWLINE) left--;
    isLast = false;
    for (let at = bytesRead - 1; at >= 0; at--) {
      if (chunk[at] === NEWLINE && --left === 0) return start + at + 1;
    }
    end = start;
  }
  return 0;
}

const openOrNull = (path: string): Promise<FileHandle | null> =>
  open(path, constants.O_RDONLY).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });

/** Rings when something has happened to a file or its directory. Both are watched, so nothing is asked over and over. */
class Bell {
  readonly #directory: string;
  readonly #signal: AbortSignal;
  readonly #parent: FSWatcher;
  #inside: FSWatcher | null = null;
  #next = Promise.withResolvers<void>();

  constructor(path: string, signal: AbortSignal) {
    this.#directory = dirname(path);
    this.#signal = signal;
    this.#parent = watch(dirname(this.#directory), (_, name) => {
      if (name === null || name === basename(this.#directory)) this.#watchInside();
    });
    this.#watchInside();
    signal.addEventListener('abort', this.#ring);
  }

  /** Resolves at the next ring after this call. */
  rung(): Promise<void> {
    return this.#next.promise;
  }

  close(): void {
    this.#signal.removeEventListener('abort', this.#ring);
    this.#parent.close();
    this.#inside?.close();
  }

  /** Anew: it may be another directory under the same name. */
  #watchInside(): void {
    this.#inside?.close();
    this.#inside = null;
    try {
      this.#inside = watch(this.#directory, this.#ring);
      this.#inside.on('error', this.#ring);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // else it will come back, or not
    }
    this.#ring();
  }

  #ring = (): void => {
    const { resolve } = this.#next;
    this.#next = Promise.withResolvers();
    resolve();
  };
}
