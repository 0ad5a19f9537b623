// Changes whose content follows from their revision, so that whoever reads them can tell whether they are right.
import { hash } from 'node:crypto';
import * as assert from 'uvu/assert';
import type { Journal, JournalChange } from '../../lib/store/journal.ts';

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
