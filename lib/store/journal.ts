/**
 * The control changes of an instance, each as one record that is put once under its revision: the change and the state
 * it led to are there together or not at all, and of two writers of one revision only one can win.
 */
import { randomUUID } from 'node:crypto';
import { invalidValue } from '../domain/given-value.ts';
import { type HistoryEntry, KEPT_REVISIONS, noSuchRevision } from '../domain/history.ts';
import { ServeError } from '../errors.ts';
import { decodeBody, decodeRecord, encodeBody, encodeRecord } from './journal-record.ts';
import { PartCounts } from './part-counts.ts';
import { Conflict, type Fence, type InstanceStore, Unknown } from './store.ts';

export interface JournalChange {
  readonly author: string;
  readonly operation: string;
  readonly summary: string;
  /** What structured clone takes, without what is large: a copy is kept with each revision. */
  readonly state: unknown;
  /** What is large, by name: bytes, kept once however many revisions have them, or the hash of some that are kept. */
  readonly parts?: ReadonlyMap<string, Uint8Array | string> | undefined;
}

/** One revision and the state it led to. */
export interface Revision extends HistoryEntry {
  readonly state: unknown;
  /** The hashes of the parts, by name; `Journal.part` gives the bytes. */
  readonly parts: ReadonlyMap<string, string>;
}

export interface JournalOptions {
  /** How many of the last revisions are kept: an integer >= 1, default 1,000. */
  readonly keep?: number | undefined;
  /** Refuses every write once another one is in charge. */
  readonly fence?: Fence | undefined;
  /** Default: the system's clock. */
  readonly now?: (() => Date) | undefined;
}

const PREFIX = 'revisions.';
/** With leading zeros, so that the order of the keys is that of the revisions. */
const DIGITS = 12;
/** A larger state than this goes into a blob; a record may have four times as much. */
const MAX_BODY_BYTES = 64 * 1024;
/** Their hashes are in the record, too. */
const MAX_PARTS = 5_000;

const START_AGAIN = 'start the instance again: it then goes on with the safety copy';
const RESTORE = 'another program has changed it; put a backup of your own in its place, or delete it to start afresh';

/** What is remembered of a revision; the rest is in the store. */
interface Known {
  readonly entry: HistoryEntry;
  readonly hashes: readonly string[];
}

/**
 * Opens the journal of a store, which is the journal's alone from then on, and closed with it. Rejects with
 * STORE_CORRUPT when a revision or a part is missing.
 */
export async function openJournal(store: InstanceStore, options: JournalOptions = {}): Promise<Journal> {
  const { keep = KEPT_REVISIONS } = options;
  if (!Number.isSafeInteger(keep) || keep < 1) throw invalidValue('keep', 'an integer >= 1', keep);
  const revisions = await readRevisions(store);
  const stored = await store.blobs.list();
  requireWhole(revisions, new Set(stored));
  const journal = new Journal(store, revisions, stored, options);
  await journal.prune();
  return journal;
}

async function readRevisions(store: InstanceStore): Promise<Known[]> {
  const control = new AbortController();
  const revisions: Known[] = [];
  for await (const change of store.watch(PREFIX, control.signal)) {
    if (change.type === 'synced') control.abort();
    if (change.type !== 'put') continue;
    const { entry, hashes } = decodeRecord(change.value);
    revisions.push({ entry, hashes });
  }
  return revisions;
}

/** Nothing but an outside hand makes a gap: the oldest are dropped first, and parts are stored before what has them. */
function requireWhole(revisions: readonly Known[], stored: ReadonlySet<string>): void {
  let next = revisions[0]?.entry.revision;
  for (const { entry, hashes } of revisions) {
    if (entry.revision !== next) throw missing(`revision ${next}`, RESTORE);
    const lost = hashes.find((hash) => !stored.has(hash));
    if (lost !== undefined) throw missing(`part ${lost} of revision ${next}`, RESTORE);
    next = entry.revision + 1;
  }
}

export class Journal {
  readonly #store: InstanceStore;
  readonly #keep: number;
  readonly #fence: Fence | undefined;
  readonly #now: () => Date;
  /** Oldest first. */
  readonly #revisions: Known[];
  readonly #parts = new PartCounts();
  /** Everything that writes, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    store: InstanceStore,
    revisions: readonly Known[],
    stored: readonly string[],
    { keep, fence, now }: JournalOptions,
  ) {
    this.#store = store;
    this.#keep = keep ?? KEPT_REVISIONS;
    this.#fence = fence;
    this.#now = now ?? (() => new Date());
    this.#revisions = [...revisions];
    for (const hash of stored) this.#parts.stored(hash);
    for (const { hashes } of revisions) this.#parts.add(hashes);
  }

  /** What was found damaged when the store was opened, and what is used instead; null when all was well. */
  get notice(): string | null {
    return this.#store.notice;
  }

  /** Every kept change, oldest first. */
  history(): readonly HistoryEntry[] {
    return this.#revisions.slice(-this.#keep).map(({ entry }) => entry);
  }

  /** The newest revision; null before the first. Rejects as `stateAt` does. */
  async latest(): Promise<Revision | null> {
    const newest = this.#revisions.at(-1);
    return newest === undefined ? null : this.stateAt(newest.entry.revision);
  }

  /**
   * A kept revision. Rejects with INVALID_ARGUMENT, naming those there are, with STORE_CORRUPT, STORE_FAILED, and with
   * STORE_INCOMPATIBLE when a newer Node has written it.
   */
  async stateAt(revision: number): Promise<Revision> {
    const known = this.#revisions[revision - (this.#revisions[0]?.entry.revision ?? 0)];
    if (known === undefined) {
      throw noSuchRevision(revision, this.#revisions[0]?.entry.revision, this.#revisions.at(-1)?.entry.revision);
    }
    const found = await this.#store.get(keyOf(revision));
    if (found === undefined) throw missing(`revision ${revision}`);
    const { entry, hashes, body } = decodeRecord(found.value);
    const { state, parts } = decodeBody(body === 'blob' ? await this.part(hashes.at(-1) ?? '') : body);
    return { ...entry, state, parts: new Map([...parts].map(([name, index]) => [name, hashes[index] ?? ''])) };
  }

  /** The bytes of a part of a kept revision. Rejects with STORE_CORRUPT, STORE_FAILED. */
  async part(hash: string): Promise<Uint8Array> {
    const data = await this.#store.blobs.get(hash);
    if (data === undefined) throw missing(`part ${hash}`);
    return data;
  }

  /**
   * Writes the next revision, and resolves once it would survive a power cut. Changes are written in the order of the
   * calls.
   *
   * Rejects with Conflict when another writer had that revision first (open the journal again), Fenced, Unknown; with
   * NOT_SERIALIZABLE, INVALID_ARGUMENT (a hash that is not kept, too many parts), STORE_FULL, STORE_FAILED: then
   * nothing has changed.
   */
  append(change: JournalChange): Promise<Omit<Revision, 'state'>> {
    return this.#inTurn(() => this.#append(change));
  }

  /** Drops revisions beyond the number to keep, and parts that no kept one has. Follows each `append` by itself. */
  prune(): Promise<void> {
    return this.#inTurn(() => this.#prune());
  }

  /** After what was begun is done. */
  close(): Promise<void> {
    return this.#inTurn(() => this.#store.close());
  }

  /** Deletes everything that was ever written, and closes. */
  destroy(): Promise<void> {
    return this.#inTurn(() => this.#store.destroy());
  }

  async #append({
    author,
    operation,
    summary,
    state,
    parts = new Map(),
  }: JournalChange): Promise<Omit<Revision, 'state'>> {
    const revision = (this.#revisions.at(-1)?.entry.revision ?? 0) + 1;
    const entry: HistoryEntry = { revision, at: this.#now().toISOString(), author, operation, summary };
    const named = await this.#keepParts(parts);
    const hashes = [...new Set(named.values())];
    if (hashes.length > MAX_PARTS) throw invalidValue('parts', `at most ${MAX_PARTS} different ones`, hashes.length);
    const places = new Map([...named].map(([name, hash]) => [name, hashes.indexOf(hash)]));
    const body = encodeBody({ state, parts: places });
    const isLarge = body.byteLength > MAX_BODY_BYTES;
    if (isLarge) hashes.push(await this.#keepBytes(body));
    const record = { entry, nonce: randomUUID(), hashes, body: isLarge ? ('blob' as const) : body };
    await this.#create(keyOf(revision), encodeRecord(record), record.nonce);
    this.#revisions.push({ entry, hashes });
    this.#parts.add(hashes);
    // Its own turn, and nobody waits for it: what it cannot drop now it drops after the next change.
    this.prune().catch(() => {});
    return { ...entry, parts: named };
  }

  async #keepParts(parts: ReadonlyMap<string, Uint8Array | string>): Promise<Map<string, string>> {
    const named = new Map<string, string>();
    for (const [name, part] of parts) {
      if (typeof part === 'string' && !this.#parts.has(part)) {
        throw new ServeError('INVALID_ARGUMENT', `part '${name}' is given by a hash that is not kept; give its bytes`);
      }
      named.set(name, typeof part === 'string' ? part : await this.#keepBytes(part));
    }
    return named;
  }

  async #keepBytes(bytes: Uint8Array): Promise<string> {
    const hash = await this.#store.blobs.put(bytes);
    // Until a revision has it: should this one fail, the next pruning drops it.
    this.#parts.stored(hash);
    return hash;
  }

  /** Once more when the outcome is unknown: if it is there already, its nonce says whose it is. */
  async #create(key: string, value: Uint8Array, nonce: string): Promise<void> {
    const put = (): Promise<unknown> => this.#store.put(key, value, { ifRev: 0, fence: this.#fence });
    const failure = await put().then(() => null, asIs);
    if (failure === null) return;
    if (!(failure instanceof Unknown)) throw failure;
    const second = await put().then(() => null, asIs);
    if (second === null) return;
    const found = second instanceof Conflict ? await this.#store.get(key).catch(() => undefined) : undefined;
    if (found === undefined) throw failure;
    if (decodeRecord(found.value).nonce !== nonce) throw second;
  }

  async #prune(): Promise<void> {
    while (this.#revisions.length > this.#keep) {
      const [oldest] = this.#revisions;
      if (oldest === undefined) return;
      await this.#store.del(keyOf(oldest.entry.revision), { fence: this.#fence });
      this.#revisions.shift();
      this.#parts.remove(oldest.hashes);
    }
    for (const hash of this.#parts.unused()) {
      await this.#store.blobs.drop(hash);
      this.#parts.dropped(hash);
    }
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }
}

const asIs = (error: unknown): unknown => error;

const keyOf = (revision: number): string => `${PREFIX}${String(revision).padStart(DIGITS, '0')}`;

function missing(what: string, next = START_AGAIN): ServeError {
  return new ServeError('STORE_CORRUPT', `${what} is missing in the store; ${next}`);
}
