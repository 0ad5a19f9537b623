// What every store promises, whatever it is made of: the same list runs against each of them.
import { hash } from 'node:crypto';
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Change, InstanceStore, Rev } from '../../lib/store/store.ts';
import { fails, failureOf } from '../support/instance.ts';

/** Where a store keeps its contents while no store is open on them. */
export interface Medium {
  open(): Promise<InstanceStore>;
  remove(): Promise<void>;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined): string | undefined => value && new TextDecoder().decode(value);

export function conformance(test: Test, makeMedium: () => Promise<Medium>): void {
  const check = (title: string, run: (store: InstanceStore, medium: Medium) => Promise<void>): void =>
    test(title, async () => {
      const medium = await makeMedium();
      try {
        const store = await medium.open();
        try {
          await run(store, medium);
        } finally {
          await store.close();
        }
      } finally {
        await medium.remove();
      }
    });

  records(check);
  writers(check);
  watching(check);
  blobs(check);
  lives(check);
}

type Check = (title: string, run: (store: InstanceStore, medium: Medium) => Promise<void>) => void;

function records(check: Check): void {
  check('a key that was never put is not there', async (store) => {
    assert.is(await store.get('a.b'), undefined);
  });

  check('what is put is got, with its revision', async (store) => {
    const rev = await store.put('a.b', bytes('one'));
    const entry = await store.get('a.b');
    assert.equal([entry?.key, text(entry?.value), entry?.rev], ['a.b', 'one', rev]);
  });

  check('a key is created once', async (store) => {
    await store.put('a', bytes('first'), { ifRev: 0 });
    assert.is(await codeOfFailure(store.put('a', bytes('second'), { ifRev: 0 })), 'CONFLICT');
    assert.is(text((await store.get('a'))?.value), 'first');
  });

  check('a write at the revision read wins, one at an older revision changes nothing', async (store) => {
    const first = await store.put('a', bytes('1'));
    const second = await store.put('a', bytes('2'), { ifRev: first });
    assert.is(await codeOfFailure(store.put('a', bytes('3'), { ifRev: first })), 'CONFLICT');
    assert.is(await codeOfFailure(store.del('a', { ifRev: first })), 'CONFLICT');
    assert.equal([text((await store.get('a'))?.value), (await store.get('a'))?.rev], ['2', second]);
  });

  check('a write at a revision of a key that is gone is refused', async (store) => {
    const rev = await store.put('a', bytes('1'));
    await store.del('a');
    assert.is(await codeOfFailure(store.put('a', bytes('2'), { ifRev: rev })), 'CONFLICT');
    assert.is(await store.get('a'), undefined);
  });

  check('a key deleted and created again has a higher revision', async (store) => {
    const first = await store.put('a', bytes('1'), { ifRev: 0 });
    const deleted = await store.del('a', { ifRev: first });
    assert.is(await store.get('a'), undefined);
    const second = await store.put('a', bytes('2'), { ifRev: 0 });
    assert.ok(first < deleted && deleted < second, `${first}, ${deleted}, ${second}`);
  });

  check('deleting what is not there changes nothing', async (store) => {
    const rev = await store.put('a', bytes('1'));
    assert.is(await store.del('b'), rev);
    assert.is(await store.del('b', { ifRev: 0 }), rev);
  });

  check('revisions grow over the whole store', async (store) => {
    const revs: Rev[] = [];
    for (const key of ['a', 'b', 'a', 'c.d', 'b']) revs.push(await store.put(key, bytes(key)));
    assert.equal(
      revs,
      [...new Set(revs)].sort((a, b) => a - b),
    );
  });

  check('a value of 256 kB comes back byte for byte, an empty one too; one byte more is refused', async (store) => {
    const full = Uint8Array.from({ length: 256 * 1024 }, (_, index) => (index * 31) % 256);
    await store.put('full', full);
    await store.put('empty', new Uint8Array(0));
    assert.ok(Buffer.from(full).equals((await store.get('full'))?.value ?? bytes('')));
    assert.is((await store.get('empty'))?.value.byteLength, 0);
    await fails(store.put('more', new Uint8Array(256 * 1024 + 1)), 'INVALID_ARGUMENT', '262145', 'blobs');
    assert.is(await store.get('more'), undefined);
  });

  check('a value is what it was when it was put, and nothing around it', async (store) => {
    const pool = bytes('secret value secret');
    const value = pool.subarray(7, 12);
    const put = store.put('a', value);
    value.fill(0);
    await put;
    const got = (await store.get('a'))?.value;
    assert.is(text(got), 'value');
    assert.is(got?.buffer.byteLength, 5);
    got?.fill(0);
    assert.is(text((await store.get('a'))?.value), 'value');
  });

  check('a key of another grammar is refused', async (store) => {
    const keys = ['', '.', 'a.', '.a', 'a..b', 'a b', 'ä', 'a/b', '__proto__.', 'a\n', 'a'.repeat(513)];
    for (const key of keys) {
      await fails(store.put(key, bytes('x')), 'INVALID_ARGUMENT', 'key must be');
      await fails(store.get(key), 'INVALID_ARGUMENT');
      await fails(store.del(key), 'INVALID_ARGUMENT');
    }
    assert.equal((await watched(store, '', ({ type }) => type === 'synced')).map(shown), ['synced']);
  });

  check('words of the language are keys like any other', async (store) => {
    for (const key of ['__proto__', 'constructor', 'toString', 'a-b_C.9', 'a'.repeat(512)]) {
      assert.is(await store.get(key), undefined);
      await store.put(key, bytes(key), { ifRev: 0 });
      assert.is(text((await store.get(key))?.value), key);
    }
  });
}

function writers(check: Check): void {
  check('of writers that race for a key exactly one wins, in each of 50 rounds', async (store) => {
    let rev: Rev = 0;
    for (let round = 0; round < 50; round++) {
      const writes = Array.from({ length: 8 }, (_, id) => store.put('a', bytes(`${round} ${id}`), { ifRev: rev }));
      const ends = await Promise.allSettled(writes);
      const won = ends.flatMap((end, id) => (end.status === 'fulfilled' ? [{ id, rev: end.value }] : []));
      assert.is(won.length, 1, `${won.length} have won round ${round}`);
      for (const end of ends) if (end.status === 'rejected') assert.is(end.reason.code, 'CONFLICT');
      const entry = await store.get('a');
      assert.equal([text(entry?.value), entry?.rev], [`${round} ${won[0]?.id}`, won[0]?.rev]);
      rev = entry?.rev ?? 0;
    }
  });

  check('no increment by compare-and-set is lost', async (store) => {
    const add = async (): Promise<void> => {
      for (;;) {
        const entry = await store.get('n');
        const next = bytes(String(Number(text(entry?.value) ?? 0) + 1));
        const failure = await store.put('n', next, { ifRev: entry?.rev ?? 0 }).then(() => null, asCode);
        if (failure === null) return;
        assert.is(failure, 'CONFLICT');
      }
    };
    await Promise.all(Array.from({ length: 20 }, add));
    assert.is(text((await store.get('n'))?.value), '20');
  });

  check('a write is refused once its fence has moved on, also when its own key would do', async (store) => {
    const rev = await store.put('leader', bytes('a'));
    const fence = { key: 'leader', rev };
    const first = await store.put('goal', bytes('1'), { fence });
    await store.put('leader', bytes('b'));
    assert.is(await codeOfFailure(store.put('goal', bytes('2'), { ifRev: first, fence })), 'FENCED');
    assert.is(await codeOfFailure(store.del('goal', { fence })), 'FENCED');
    assert.is(await codeOfFailure(store.put('goal', bytes('2'), { ifRev: 0, fence })), 'FENCED');
    assert.is(text((await store.get('goal'))?.value), '1');
    await store.del('leader');
    assert.is(await codeOfFailure(store.put('goal', bytes('2'), { fence })), 'FENCED');
  });
}

function watching(check: Check): void {
  check('a watch gives what is there, then that this was all', async (store) => {
    for (const key of ['w.b', 'w.a', 'other', 'w', 'wx.a', 'w.a.c', 'w.a-c']) await store.put(key, bytes(key));
    await store.put('w.gone', bytes('x'));
    const last = await store.del('w.gone');
    const seen = await watched(store, 'w.', ({ type }) => type === 'synced');
    assert.equal(seen.map(shown), ['put w.a w.a', 'put w.a-c w.a-c', 'put w.a.c w.a.c', 'put w.b w.b', 'synced']);
    assert.equal(seen.at(-1), { type: 'synced', rev: last });
  });

  check('the empty prefix is everything, and a prefix may have nothing', async (store) => {
    await store.put('a', bytes('1'));
    await store.put('b.c', bytes('2'));
    const isSynced = ({ type }: Change): boolean => type === 'synced';
    assert.equal((await watched(store, '', isSynced)).map(shown), ['put a 1', 'put b.c 2', 'synced']);
    assert.equal((await watched(store, 'nothing.', isSynced)).map(shown), ['synced']);
  });

  check('changes follow in their order, those of other keys do not', async (store) => {
    await store.put('w.a', bytes('0'));
    const seen = await watched(store, 'w.', isPutOf('w.end'), async () => {
      await store.put('w.b', bytes('1'));
      await store.put('x.b', bytes('no'));
      await store.del('w.a');
      await store.del('w.a');
      await store.put('w.end', bytes('2'));
    });
    assert.equal(seen.map(shown), ['put w.a 0', 'synced', 'put w.b 1', 'del w.a', 'put w.end 2']);
    const revs = seen.flatMap((change) => (change.type === 'reset' ? [] : [change.rev]));
    assert.equal(
      revs,
      revs.toSorted((a, b) => a - b),
    );
  });

  check('a slow reader may miss values in between, never the last one', async (store) => {
    const seen = await watched(store, '', isPutOf('end'), async () => {
      for (let n = 0; n < 200; n++) await store.put(`key.${n % 3}`, bytes(String(n)));
      await store.del('key.0');
      await store.put('end', bytes(''));
    });
    const last = new Map(seen.flatMap((change) => ('key' in change ? [[change.key, shown(change)]] : [])));
    assert.equal(Object.fromEntries(last), {
      'key.0': 'del key.0',
      'key.1': 'put key.1 199',
      'key.2': 'put key.2 197',
      end: 'put end ',
    });
    assert.ok(seen.length < 200, `${seen.length} changes were kept for a reader that did not read`);
    requireOrder(seen);
  });

  check('what is written while the snapshot is read is not lost', async (store) => {
    for (let n = 0; n < 20; n++) await store.put(`a.${n}`, bytes('0'));
    const known = new Map<string, string>();
    const seen: Change[] = [];
    const control = new AbortController();
    const writes = Array.from({ length: 20 }, (_, n) => store.put(`a.${n}`, bytes('1')));
    for await (const change of store.watch('a.', control.signal)) {
      seen.push(change);
      if (change.type === 'put') known.set(change.key, text(change.value) ?? '');
      if (known.size === 20 && [...known.values()].every((value) => value === '1')) control.abort();
    }
    await Promise.all(writes);
    assert.is(known.size, 20);
    requireOrder(seen);
  });

  check('a watch ends when its signal is aborted, and when the store closes', async (store) => {
    assert.equal(await collect(store, AbortSignal.abort()), []);
    const control = new AbortController();
    const aborted = collect(store, control.signal, () => control.abort());
    const closed = collect(store, new AbortController().signal, () => void store.close());
    assert.equal((await aborted).map(shown), ['synced']);
    assert.equal((await closed).map(shown), ['synced']);
    assert.equal(await collect(store, new AbortController().signal), []);
  });

  check('a prefix of another grammar is refused', async (store) => {
    for (const prefix of ['.', 'a', 'a..', 'a b.', '.a.']) {
      await fails(() => store.watch(prefix, AbortSignal.abort()), 'INVALID_ARGUMENT', 'prefix must be');
    }
  });
}

function blobs(check: Check): void {
  check('a blob is found by its SHA-256, and no other', async ({ blobs }) => {
    const data = Uint8Array.from({ length: 1_000_000 }, (_, index) => (index * 7) % 256);
    const name = await blobs.put(data);
    assert.is(name, hash('sha256', data, 'hex'));
    assert.ok(Buffer.from(data).equals((await blobs.get(name)) ?? bytes('')));
    assert.is(data.byteLength, 1_000_000, 'the bytes of the caller are gone');
    assert.is(await blobs.get('0'.repeat(64)), undefined);
  });

  check('a blob put twice is there once, and gone when it is dropped', async ({ blobs }) => {
    const name = await blobs.put(bytes('same'));
    const empty = await blobs.put(bytes(''));
    assert.is(await blobs.put(bytes('same')), name);
    assert.equal(await blobs.list(), [name, empty].sort());
    await blobs.drop(name);
    await blobs.drop(name);
    assert.is(await blobs.get(name), undefined);
    assert.is((await blobs.get(empty))?.byteLength, 0);
    assert.equal(await blobs.list(), [empty]);
  });

  check('a hash that is none is refused', async ({ blobs }) => {
    await fails(blobs.get('../../etc/passwd'), 'INVALID_ARGUMENT', '64 hexadecimal');
    await fails(blobs.drop('A'.repeat(64)), 'INVALID_ARGUMENT');
  });
}

function lives(check: Check): void {
  check('all is there again when it is opened again, and revisions go on', async (store, medium) => {
    const first = await store.put('a', bytes('1'));
    const name = await store.blobs.put(bytes('blob'));
    const last = await store.del('b', {}).then(() => store.put('b', bytes('2')));
    await store.close();
    const again = await medium.open();
    assert.is(again.notice, null);
    assert.equal([text((await again.get('a'))?.value), (await again.get('a'))?.rev], ['1', first]);
    assert.is(text(await again.blobs.get(name)), 'blob');
    assert.ok((await again.put('c', bytes('3'), { ifRev: 0 })) > last);
    await again.close();
  });

  check('a second owner is refused until the first has closed', async (store, medium) => {
    await fails(medium.open(), 'STORE_LOCKED');
    await store.put('a', bytes('still mine'));
    await store.close();
    await (await medium.open()).close();
  });

  check('closing twice is no failure, and a closed store does nothing more', async (store) => {
    await Promise.all([store.close(), store.close()]);
    await store.close();
    assert.match(String(await failureOf(store.get('a'))), /the store is closed/);
    assert.match(String(await failureOf(store.put('a', bytes('1')))), /the store is closed/);
    assert.match(String(await failureOf(store.blobs.put(bytes('1')))), /the store is closed/);
  });

  check('a write asked for before closing is done, not dropped', async (store, medium) => {
    const [rev] = await Promise.all([store.put('a', bytes('1')), store.close()]);
    const again = await medium.open();
    assert.is((await again.get('a'))?.rev, rev);
    await again.close();
  });

  check('a store that was destroyed is empty when it is opened again', async (store, medium) => {
    await store.put('a', bytes('1'));
    const name = await store.blobs.put(bytes('blob'));
    await store.destroy();
    const again = await medium.open();
    assert.is(again.notice, null);
    assert.is(await again.get('a'), undefined);
    assert.is(await again.blobs.get(name), undefined);
    await again.close();
  });
}

const asCode = (error: { code?: unknown }): unknown => error.code;

async function codeOfFailure(work: Promise<unknown>): Promise<unknown> {
  return ((await failureOf(work)) as { code?: unknown }).code;
}

const isPutOf =
  (key: string) =>
  (change: Change): boolean =>
    change.type === 'put' && change.key === key;

/** All changes up to `isLast`; `write` is begun with the first that is seen, and read past only once it is done. */
async function watched(
  store: InstanceStore,
  prefix: string,
  isLast: (change: Change) => boolean,
  write: () => Promise<void> = async () => {},
): Promise<Change[]> {
  const control = new AbortController();
  const seen: Change[] = [];
  for await (const change of store.watch(prefix, control.signal)) {
    seen.push(change);
    if (change.type === 'synced') await write();
    if (isLast(change)) control.abort();
  }
  return seen;
}

async function collect(store: InstanceStore, signal: AbortSignal, onSynced: () => void = () => {}): Promise<Change[]> {
  const seen: Change[] = [];
  for await (const change of store.watch('', signal)) {
    seen.push(change);
    if (change.type === 'synced') onSynced();
  }
  return seen;
}

/** Nothing of the snapshot is newer than its end, and what follows is newer, each than the one before. */
function requireOrder(seen: readonly Change[]): void {
  const revs = seen.flatMap((change) => (change.type === 'reset' ? [] : [change.rev]));
  const end = seen.findIndex(({ type }) => type === 'synced');
  if (end < 0) return;
  const synced = revs[end] ?? 0;
  assert.ok(
    revs.slice(0, end).every((rev) => rev <= synced),
    revs.join(),
  );
  const changes = revs.slice(end);
  assert.equal(
    changes,
    [...new Set(changes)].sort((a, b) => a - b),
  );
}

function shown(change: Change): string {
  if (change.type === 'put') return `put ${change.key} ${text(change.value)}`;
  return change.type === 'del' ? `del ${change.key}` : change.type;
}
