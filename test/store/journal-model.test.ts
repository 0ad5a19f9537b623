// Any sequence of changes against the simplest thing that could be true: a list.
import { hash } from 'node:crypto';
import { rmSync } from 'node:fs';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Journal, openJournal } from '../../lib/store/journal.ts';
import { MemoryContents, openMemoryStore } from '../../lib/store/memory-store.ts';
import { openSqliteStore } from '../../lib/store/sqlite-store.ts';
import type { InstanceStore } from '../../lib/store/store.ts';
import { newDirectory } from './directory.ts';

const test = suite('journal-model');

const KEEP = 4;

interface Modelled {
  readonly revision: number;
  readonly summary: string;
  readonly state: unknown;
  readonly parts: ReadonlyMap<string, Uint8Array>;
}

type Step =
  | {
      readonly type: 'append';
      readonly state: unknown;
      readonly parts: readonly number[];
      readonly by: 'bytes' | 'hash';
    }
  | { readonly type: 'rollback'; readonly back: number }
  | { readonly type: 'append-twice'; readonly state: unknown }
  | { readonly type: 'prune' }
  | { readonly type: 'reopen' };

const stateOf = fc.oneof(
  { weight: 4, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  { weight: 1, arbitrary: fc.string({ minLength: 70_000, maxLength: 70_010, unit: fc.constantFrom('a', 'b') }) },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('append' as const),
      state: stateOf,
      parts: fc.uniqueArray(fc.nat({ max: 5 }), { maxLength: 3 }),
      by: fc.constantFrom('bytes' as const, 'hash' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('rollback' as const), back: fc.nat({ max: 6 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('append-twice' as const), state: fc.jsonValue({ maxDepth: 1 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'prune' as const }) },
  { weight: 2, arbitrary: fc.constant({ type: 'reopen' as const }) },
);

const partOf = (n: number): Uint8Array => new Uint8Array(n * 1_500).fill(n);
const hashOf = (data: Uint8Array): string => hash('sha256', data, 'hex');

class Run {
  readonly #openStore: () => Promise<InstanceStore>;
  #store: InstanceStore;
  #journal: Journal;
  #model: Modelled[] = [];

  static async start(openStore: () => Promise<InstanceStore>): Promise<Run> {
    const store = await openStore();
    return new Run(openStore, store, await openJournal(store, { keep: KEEP }));
  }

  private constructor(openStore: () => Promise<InstanceStore>, store: InstanceStore, journal: Journal) {
    this.#openStore = openStore;
    this.#store = store;
    this.#journal = journal;
  }

  async perform(done: Step): Promise<void> {
    switch (done.type) {
      case 'append':
        return this.#append(done.state, new Map(done.parts.map((n) => [`part ${n}`, partOf(n)])), done.by);
      case 'append-twice':
        await Promise.all([this.#append(done.state, new Map(), 'bytes'), this.#append(done.state, new Map(), 'bytes')]);
        return undefined;
      case 'rollback':
        return this.#rollback(done.back);
      case 'prune':
        return this.#journal.prune();
      case 'reopen':
        await this.#journal.close();
        this.#store = await this.#openStore();
        this.#journal = await openJournal(this.#store, { keep: KEEP });
        return undefined;
    }
  }

  async requireSame(): Promise<void> {
    await this.#journal.prune();
    const shown = this.#journal.history().map(({ revision, summary }) => ({ revision, summary }));
    assert.equal(
      shown,
      this.#model.map(({ revision, summary }) => ({ revision, summary })),
    );
    for (const { revision, state, parts } of this.#model) {
      const found = await this.#journal.stateAt(revision);
      assert.equal(found.state, state);
      assert.equal(
        [...found.parts],
        [...parts].map(([name, part]) => [name, hashOf(part)]),
      );
      for (const [name, part] of parts) {
        assert.ok(Buffer.from(await this.#journal.part(found.parts.get(name) ?? '')).equals(part));
      }
    }
    assert.is((await this.#journal.latest())?.revision, this.#model.at(-1)?.revision);
    const needed = new Set(this.#model.flatMap(({ parts }) => [...parts.values()].map(hashOf)));
    const large = this.#model.filter(({ state }) => typeof state === 'string' && state.length >= 70_000).length;
    const stored = await this.#store.blobs.list();
    assert.equal(stored.filter((name) => needed.has(name)).sort(), [...needed].sort());
    assert.ok(stored.length - needed.size <= large, `${stored.length} blobs for ${needed.size} parts`);
  }

  async end(): Promise<void> {
    await this.#journal.close();
  }

  async #append(state: unknown, parts: ReadonlyMap<string, Uint8Array>, by: 'bytes' | 'hash'): Promise<void> {
    const revision = (this.#model.at(-1)?.revision ?? 0) + 1;
    const kept = new Set(this.#model.flatMap((known) => [...known.parts.values()].map(hashOf)));
    const given = [...parts].map(([name, part]): [string, Uint8Array | string] => {
      const isByHash = by === 'hash' && kept.has(hashOf(part));
      return [name, isByHash ? hashOf(part) : part];
    });
    const summary = `change ${revision}`;
    this.#model = [...this.#model, { revision, summary, state, parts }].slice(-KEEP);
    const change = { author: 'model', operation: 'any', summary, state, parts: new Map(given) };
    assert.is((await this.#journal.append(change)).revision, revision);
  }

  /** What `rollback` does: the state of then is the next revision. */
  async #rollback(back: number): Promise<void> {
    const target = this.#model.at(-1 - back);
    if (target === undefined) return;
    const { state, parts } = await this.#journal.stateAt(target.revision);
    assert.equal([...parts.values()], [...target.parts.values()].map(hashOf));
    await this.#append(state, target.parts, 'hash');
  }
}

const model = (openStore: () => Promise<InstanceStore>, steps: readonly Step[]): Promise<void> =>
  Run.start(openStore).then(async (run) => {
    try {
      for (const done of steps) await run.perform(done);
      await run.requireSame();
    } finally {
      await run.end();
    }
  });

test('in memory, any sequence of changes equals the list of them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), (steps) => {
      const contents = new MemoryContents();
      return model(async () => openMemoryStore(contents), steps);
    }),
    { numRuns: 300 },
  );
});

test('in SQLite, any sequence of changes equals the list of them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const directory = newDirectory();
      try {
        await model(() => openSqliteStore(directory), steps);
      } finally {
        rmSync(directory, { recursive: true });
      }
    }),
    { numRuns: 15 },
  );
});

test.run();
