// A process that appends changes to the journal in a directory, and says so after each: `appending.js DIRECTORY COUNT`.
import { writeSync } from 'node:fs';
import { openJournal } from '../../../lib/store/journal.ts';
import { openSqliteStore } from '../../../lib/store/sqlite-store.ts';
import { changeOf } from '../changes.ts';

const [directory = '', count = '0'] = process.argv.slice(2);
const say = (line: string): number => writeSync(1, `${line}\n`);

const store = await openSqliteStore(directory, { onWarning: (message) => say(`warning ${message}`) });
const journal = await openJournal(store, { keep: 6 });
say('opened');
const first = (journal.history().at(-1)?.revision ?? 0) + 1;
for (let revision = first; revision < first + Number(count); revision++) {
  say(`asked ${revision}`);
  await journal.append(changeOf(revision)).then(
    () => say(`acked ${revision}`),
    (error: { code?: string }) => say(`refused ${revision} ${error.code}`),
  );
}
await journal.close();
say('closed');
