import { hash } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Journal, type JournalChange, type JournalOptions, openJournal } from '../../lib/store/journal.ts';
import { MemoryContents, openMemoryStore } from '../../lib/store/memory-store.ts';
import { type InstanceStore, Unknown } from '../../lib/store/store.ts';
import { fails, failureOf } from '../support/instance.ts';

const test = suite('journal');

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array): string => new TextDecoder().decode(data);
const hashOf = (data: Uint8Array): string => hash('sha256', data, 'hex');
const at = new Date('2026-01-02T03:04:05.678Z');
const options: JournalOptions = { now: () => at };

const changeOf = (state: unknown, parts?: JournalChange['parts']): JournalChange => ({
  author: 'ada',
  operation: 'set-traffic',
  summary: 'echo: v1 0.9, v2 0.1',
  state,
  parts,
});

const open = (contents = new MemoryContents(), more: JournalOptions = {}): Promise<Journal> =>
  openJournal(openMemoryStore(contents), { ...options, ...more });

test('a new journal has no revision', async () => {
  const journal = await open();
  assert.is(await journal.latest(), null);
  assert.equal(journal.history(), []);
  await fails(journal.stateAt(1), 'INVALID_ARGUMENT', 'no revision 1', 'nothing has been changed yet');
});

test('a change becomes the next revision, with its time, author and state', async () => {
  const journal = await open();
  const entry = { revision: 1, at: at.toISOString(), author: 'ada', operation: 'set-traffic' };
  const summary = 'echo: v1 0.9, v2 0.1';
  assert.equal(await journal.append(changeOf({ n: 1 })), { ...entry, summary, parts: new Map() });
  await journal.append(changeOf({ n: 2 }));
  assert.equal(journal.history(), [
    { ...entry, summary },
    { ...entry, summary, revision: 2 },
  ]);
  assert.equal(await journal.stateAt(1), { ...entry, summary, state: { n: 1 }, parts: new Map() });
  assert.equal((await journal.latest())?.state, { n: 2 });
});

test('a state is anything that structured clone takes', async () => {
  const state = {
    map: new Map([['__proto__', new Set([1])]]),
    date: at,
    big: 2n ** 70n,
    none: undefined,
    bytes: new Uint8Array([1, 2]),
    pattern: /a+/g,
    text: 'ä\u0000\ud800',
  };
  const contents = new MemoryContents();
  const journal = await open(contents);
  await journal.append(changeOf(state));
  await journal.close();
  assert.equal((await (await open(contents)).latest())?.state, state);
});

test('what changes in the state afterwards does not change what is kept', async () => {
  const journal = await open();
  const state = { weights: [1] };
  const appended = journal.append(changeOf(state));
  await appended;
  state.weights.push(2);
  const kept = (await journal.latest())?.state as typeof state;
  kept.weights.push(3);
  assert.equal((await journal.latest())?.state, { weights: [1] });
});

test('a state that cannot be kept is refused, and nothing has changed', async () => {
  const journal = await open();
  const failure = await fails(journal.append(changeOf({ run: () => 1 })), 'NOT_SERIALIZABLE', 'state');
  assert.match(failure.message, /\(\) => 1/);
  assert.equal(journal.history(), []);
  await journal.append(changeOf(1));
  assert.is((await journal.latest())?.revision, 1);
});

test('a part is stored once, given as bytes or by its hash', async () => {
  const contents = new MemoryContents();
  const journal = await open(contents);
  const code = bytes('class Model {}');
  const parts = new Map([['v1', code]]);
  const first = await journal.append(changeOf(1, parts));
  assert.equal(first.parts, new Map([['v1', hashOf(code)]]));
  await journal.append(
    changeOf(2, new Map<string, Uint8Array | string>([...first.parts, ['v2', bytes('class Model {}')]])),
  );
  assert.equal([...contents.blobs.keys()], [hashOf(code)]);
  const latest = await journal.latest();
  assert.equal(
    [...(latest?.parts ?? [])],
    [
      ['v1', hashOf(code)],
      ['v2', hashOf(code)],
    ],
  );
  assert.is(text(await journal.part(hashOf(code))), 'class Model {}');
});

test('a hash that no kept revision has is refused', async () => {
  const journal = await open();
  const parts = new Map([['v1', hashOf(bytes('never stored'))]]);
  await fails(journal.append(changeOf(1, parts)), 'INVALID_ARGUMENT', "part 'v1'", 'give its bytes');
  assert.equal(journal.history(), []);
});

test('more parts than a record can name are refused', async () => {
  const parts = new Map(Array.from({ length: 5_001 }, (_, n) => [`part ${n}`, bytes(String(n))]));
  const contents = new MemoryContents();
  const journal = await open(contents);
  await fails(journal.append(changeOf(1, parts)), 'INVALID_ARGUMENT', '5001');
  parts.delete('part 0');
  await journal.append(changeOf(1, parts));
  assert.is((await journal.latest())?.parts.size, 5_000);
  assert.is(contents.blobs.size, 5_001, 'the parts, and the body with their names');
});

test('a large state is kept like a small one', async () => {
  const contents = new MemoryContents();
  const journal = await open(contents, { keep: 2 });
  const state = { text: 'x'.repeat(1_000_000) };
  await journal.append(changeOf(state));
  assert.equal((await journal.latest())?.state, state);
  assert.ok([...contents.entries.values()].every(({ value }) => value.byteLength < 1_000));
  await journal.append(changeOf('small'));
  await journal.append(changeOf('small'));
  await journal.prune();
  assert.is(contents.blobs.size, 0);
});

test('the oldest revisions go, and with them the parts that only they had', async () => {
  const contents = new MemoryContents();
  const journal = await open(contents, { keep: 2 });
  const shared = bytes('shared');
  for (let n = 1; n <= 4; n++) {
    const parts = [['shared', shared] as const, ['own', bytes(`own ${n}`)] as const];
    await journal.append(changeOf(n, new Map(parts)));
    await journal.prune();
    assert.equal(
      journal.history().map(({ revision }) => revision),
      [n - 1, n].filter((revision) => revision > 0),
    );
  }
  const kept = ['shared', 'own 3', 'own 4'].map((part) => hashOf(bytes(part)));
  assert.equal([...contents.blobs.keys()].sort(), kept.sort());
  assert.is(contents.entries.size, 2);
  await fails(journal.stateAt(2), 'INVALID_ARGUMENT', 'no revision 2', '3 to 4 are kept');
  for (const wrong of [0, -1, 5, 3.5, Number.NaN]) await fails(journal.stateAt(wrong), 'INVALID_ARGUMENT');
});

test('fewer are kept when it is opened again with a smaller number', async () => {
  const contents = new MemoryContents();
  const journal = await open(contents);
  for (let n = 1; n <= 5; n++) await journal.append(changeOf(n));
  await journal.close();
  const again = await open(contents, { keep: 1 });
  assert.equal(
    again.history().map(({ revision }) => revision),
    [5],
  );
  assert.is((await again.append(changeOf(6))).revision, 6);
});

test('a number to keep that is none is refused', async () => {
  for (const keep of [0, -1, 1.5, Number.NaN])
    await fails(open(new MemoryContents(), { keep }), 'INVALID_ARGUMENT', 'keep');
});

test('changes are written in the order of the calls', async () => {
  const journal = await open();
  const appended = await Promise.all([1, 2, 3, 4, 5].map((n) => journal.append(changeOf(n))));
  assert.equal(
    appended.map(({ revision }) => revision),
    [1, 2, 3, 4, 5],
  );
  for (const n of [1, 2, 3, 4, 5]) assert.is((await journal.stateAt(n)).state, n);
});

test('of two writers of one revision exactly one wins, and the other changes nothing', async () => {
  const store = openMemoryStore();
  const [one, other] = [await openJournal(store, options), await openJournal(store, options)];
  const ends = await Promise.allSettled([one.append(changeOf('one')), other.append(changeOf('other'))]);
  assert.equal(ends.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  const lost = ends.find((end) => end.status === 'rejected');
  assert.is(lost?.reason.code, 'CONFLICT');
  const again = await openJournal(store, options);
  assert.is((await again.latest())?.state, ends[0]?.status === 'fulfilled' ? 'one' : 'other');
  assert.is(again.history().length, 1);
});

test('a writer that is no longer in charge is fenced off', async () => {
  const store = openMemoryStore();
  const rev = await store.put('leader', bytes('me'));
  const journal = await openJournal(store, { ...options, fence: { key: 'leader', rev } });
  await journal.append(changeOf(1));
  await store.put('leader', bytes('another'));
  assert.is(((await failureOf(journal.append(changeOf(2)))) as { code?: string }).code, 'FENCED');
  assert.is(journal.history().length, 1);
});

/** The first put of a record ends unknown: `written` tells whether it was written, `then` runs behind it. */
function cutStore(
  store: InstanceStore,
  written: boolean,
  then: () => Promise<unknown> = async () => {},
): InstanceStore {
  let isFirst = true;
  const put: InstanceStore['put'] = async (key, value, given) => {
    if (!isFirst) return store.put(key, value, given);
    isFirst = false;
    if (written) await store.put(key, value, given);
    await then();
    throw new Unknown('the connection was cut');
  };
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = name === 'put' ? put : Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

for (const written of [true, false]) {
  test(`an outcome that is unknown is found out, ${written ? 'written' : 'not written'} at first`, async () => {
    const store = openMemoryStore();
    const journal = await openJournal(cutStore(store, written), options);
    assert.is((await journal.append(changeOf('mine'))).revision, 1);
    await journal.append(changeOf('next'));
    const again = await openJournal(store, options);
    assert.equal([(await again.stateAt(1)).state, (await again.stateAt(2)).state], ['mine', 'next']);
  });
}

test('an outcome that is unknown is a conflict when another has written that revision', async () => {
  const store = openMemoryStore();
  const other = await openJournal(store, options);
  const journal = await openJournal(
    cutStore(store, false, () => other.append(changeOf('other'))),
    options,
  );
  assert.is(((await failureOf(journal.append(changeOf('mine')))) as { code?: string }).code, 'CONFLICT');
  assert.is((await (await openJournal(store, options)).latest())?.state, 'other');
});

test('an outcome stays unknown when the store cannot be asked any more', async () => {
  const store = openMemoryStore();
  const journal = await openJournal(
    cutStore(store, true, () => store.close()),
    options,
  );
  assert.is(((await failureOf(journal.append(changeOf('mine')))) as { code?: string }).code, 'UNKNOWN');
});

test('parts of a change that was never written are dropped at the next opening', async () => {
  const contents = new MemoryContents();
  const store = openMemoryStore(contents);
  await store.blobs.put(bytes('left by a crash'));
  const journal = await openJournal(store, options);
  assert.is(contents.blobs.size, 0);
  assert.is(await journal.latest(), null);
});

test('parts of a change that failed are dropped with the next one', async () => {
  const contents = new MemoryContents();
  const store = openMemoryStore(contents);
  const refused = cutStore(store, false, () => Promise.reject(new Error('no room')));
  const journal = await openJournal(refused, options);
  assert.match(String(await failureOf(journal.append(changeOf(1, new Map([['a', bytes('a')]]))))), /no room/);
  assert.is(contents.blobs.size, 1);
  await journal.append(changeOf(1, new Map([['b', bytes('b')]])));
  await journal.prune();
  assert.equal([...contents.blobs.keys()], [hashOf(bytes('b'))]);
});

test('what cannot be pruned now does not fail the change, and is pruned later', async () => {
  const contents = new MemoryContents();
  const store = openMemoryStore(contents);
  let isFailing = false;
  const failing = new Proxy(store, {
    get: (target, name) => {
      if (name === 'del' && isFailing) return () => Promise.reject(new Error('the disk fails'));
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const journal = await openJournal(failing, { ...options, keep: 1 });
  await journal.append(changeOf(1));
  isFailing = true;
  await journal.append(changeOf(2));
  assert.match(String(await failureOf(journal.prune())), /the disk fails/);
  assert.equal([journal.history().length, contents.entries.size], [1, 2]);
  isFailing = false;
  await journal.append(changeOf(3));
  await journal.prune();
  assert.is(contents.entries.size, 1);
});

test('a revision or a part that is gone is reported, when it is read and when the journal is opened', async () => {
  const contents = new MemoryContents();
  const journal = await open(contents);
  for (const n of [1, 2, 3]) await journal.append(changeOf(n, new Map([['own', bytes(String(n))]])));
  contents.blobs.delete(hashOf(bytes('3')));
  contents.entries.delete('revisions.000000000002');
  await fails(journal.part(hashOf(bytes('3'))), 'STORE_CORRUPT', 'part', 'missing');
  await fails(journal.stateAt(2), 'STORE_CORRUPT', 'revision 2', 'missing');
  await journal.close();
  await fails(open(contents), 'STORE_CORRUPT', 'revision 2');
});

test('a state that this Node cannot read is refused by name', async () => {
  const contents = new MemoryContents();
  const journal = await open(contents);
  await journal.append(changeOf('x'.repeat(100_000)));
  const [[name, body] = ['', bytes('')]] = contents.blobs;
  // The first two bytes say which version of V8's format follows.
  contents.blobs.set(name, body.with(1, 250));
  await fails(journal.latest(), 'STORE_INCOMPATIBLE', process.version, 'the version that it ran on');
});

test('destroying leaves nothing, and ends it', async () => {
  const contents = new MemoryContents();
  const journal = await open(contents);
  await journal.append(changeOf(1, new Map([['a', bytes('a')]])));
  await journal.destroy();
  assert.equal([contents.entries.size, contents.blobs.size, contents.isOpen], [0, 0, false]);
  assert.match(String(await failureOf(journal.append(changeOf(2)))), /closed/);
});

test('closing waits for the changes that were asked for', async () => {
  const contents = new MemoryContents();
  const journal = await open(contents);
  const appended = journal.append(changeOf(1));
  await journal.close();
  assert.is((await appended).revision, 1);
  assert.is((await open(contents)).history().length, 1);
});

test.run();
