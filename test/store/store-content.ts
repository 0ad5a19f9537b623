import { hash } from 'node:crypto';
import type { SqliteFile } from '../../lib/store/sqlite-file.ts';

/** All that a store has, as one line to compare. */
export function contentOf(store: SqliteFile): string {
  const { entries } = store.read((records) => records.list(''));
  const names = store.read((records) => records.listBlobs());
  const all = [
    ...entries.map(({ key, rev, value }) => `${key} ${rev} ${hash('sha256', value, 'hex')}`),
    ...names.map((name) => `${name} ${hash('sha256', store.read((records) => records.getBlob(name)) ?? '', 'hex')}`),
  ];
  return hash('sha256', all.join('\n'), 'hex');
}
