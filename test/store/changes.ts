// Changes whose content follows from their revision, so that whoever reads them can tell whether they are right.
import { hash } from 'node:crypto';
import * as assert from 'uvu/assert';
import { type Journal, type JournalChange, openJournal } from '../../lib/store/journal.ts';
import { openSqliteStore } from '../../lib/store/sqlite-store.ts';

/** Every third has a part of its own of a few pages, the others share one. */
export function changeOf(revision: number): JournalChange {
  const size = revision % 3 === 0 ? 20_000 + revision : 5_000;
  return {
    author: 'test',
    operation: 'set-traffic',
    summary: `change ${revision}`,
    state: { revision, weights: new Map([[`v${revision}`, 1]]), padding: 'x'.repeat((revision * 97) % 3_000) },
    parts: new Map([['code', new Uint8Array(size).fill(revision % 3 === 0 ? revision : 1)]]),
  };
}

/** Reads everything there is, and fails unless each revision is wholly what `changeOf` made it. */
export async function requireRight(journal: Journal): Promise<void> {
  for (const { revision, summary } of journal.history()) {
    const change = changeOf(revision);
    assert.is(summary, change.summary);
    const found = await journal.stateAt(revision);
    assert.equal(found.state, change.state);
    const code = await journal.part(found.parts.get('code') ?? '');
    const wanted = change.parts?.get('code') ?? '';
    assert.is(hash('sha256', code, 'hex'), hash('sha256', wanted, 'hex'));
  }
}

/**
 * Opens what `programs/appending` has left and holds it against what that has said: what was acknowledged is there, at
 * most one change more, all of it right, nothing was damaged, and the next change goes through.
 */
export async function requireAppended(
  directory: string,
  lines: readonly string[],
  acked = lastOf(lines, 'acked'),
): Promise<number> {
  const asked = lastOf(lines, 'asked');
  const journal = await openJournal(await openSqliteStore(directory), { keep: 6 });
  try {
    assert.is(journal.notice, null);
    const newest = journal.history().at(-1)?.revision ?? 0;
    assert.ok(newest >= acked && newest <= asked, `${acked} was acknowledged, ${asked} asked for, ${newest} is there`);
    assert.is(journal.history().length, Math.min(newest, 6));
    await requireRight(journal);
    await journal.append(changeOf(newest + 1));
    await requireRight(journal);
    return newest;
  } finally {
    await journal.close();
  }
}

/** The highest revision of which this was said. */
export function lastOf(lines: readonly string[], word: string): number {
  const revisions = lines.filter((line) => line.startsWith(`${word} `)).map((line) => Number(line.split(' ')[1]));
  return Math.max(0, ...revisions);
}
