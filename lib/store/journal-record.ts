/** One revision as bytes: a readable head, the parts it refers to, and the state. Everything of it in one record. */
import { deserialize, serialize } from 'node:v8';
import type { HistoryEntry } from '../domain/history.ts';
import { ServeError } from '../errors.ts';

export interface JournalRecord {
  readonly entry: HistoryEntry;
  /** Tells the writer of this record from another of the same revision. */
  readonly nonce: string;
  /** The blobs that this revision needs, by hash, each once. */
  readonly hashes: readonly string[];
  /** Where the body is: in the record, or, when it is large, in the last of the blobs. */
  readonly body: Uint8Array | 'blob';
}

/** The state, and the parts by name: places in the record's list of hashes. */
export interface JournalBody {
  readonly state: unknown;
  readonly parts: ReadonlyMap<string, number>;
}

interface Head extends HistoryEntry {
  readonly nonce: string;
  readonly hashes: number;
  readonly hasBody: boolean;
}

const HASH_BYTES = 32;
const LENGTH_BYTES = 4;

export function encodeRecord({ entry, nonce, hashes, body }: JournalRecord): Uint8Array {
  const head: Head = { ...entry, nonce, hashes: hashes.length, hasBody: body !== 'blob' };
  const text = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(text.byteLength);
  return Buffer.concat([length, text, Buffer.from(hashes.join(''), 'hex'), body === 'blob' ? Buffer.alloc(0) : body]);
}

/** The bytes are those that were written: their store has verified them. */
export function decodeRecord(value: Uint8Array): JournalRecord {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const headEnd = LENGTH_BYTES + bytes.readUInt32BE(0);
  const { nonce, hashes, hasBody, ...entry } = JSON.parse(bytes.toString('utf8', LENGTH_BYTES, headEnd)) as Head;
  const bodyStart = headEnd + hashes * HASH_BYTES;
  const digits = bytes.toString('hex', headEnd, bodyStart);
  return {
    entry,
    nonce,
    hashes: Array.from({ length: hashes }, (_, index) => digits.slice(index * 64, (index + 1) * 64)),
    body: hasBody ? bytes.subarray(bodyStart) : 'blob',
  };
}

/** Throws NOT_SERIALIZABLE for a state that structured clone refuses. */
export function encodeBody(body: JournalBody): Uint8Array {
  try {
    return serialize(body);
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    const next = 'a function or another live thing has no place in what is kept';
    throw new ServeError('NOT_SERIALIZABLE', `the state cannot be written down (${found}); ${next}`, { cause: error });
  }
}

/** Throws STORE_INCOMPATIBLE for what a newer Node has written. */
export function decodeBody(bytes: Uint8Array): JournalBody {
  try {
    return deserialize(bytes) as JournalBody;
  } catch (error) {
    const found = `Node ${process.version} cannot read a state that another version has written`;
    const next = 'start the instance with the version that it ran on';
    throw new ServeError('STORE_INCOMPATIBLE', `${found}; ${next}`, { cause: error });
  }
}
