// A process that appends changes to the journal in a directory, and says so before and after each:
// `appending.js DIRECTORY TIMES [MODE]`. A change that is refused is tried again the next time.
import { writeSync } from 'node:fs';
import { openJournal } from '../../../lib/store/journal.ts';
import { openSqliteStore } from '../../../lib/store/sqlite-store.ts';
import { changeOf } from '../changes.ts';

/** `kill-when-refused`: it ends at once by SIGKILL. `early`: it acknowledges before it has written, which is wrong. */
type Mode = 'plain' | 'kill-when-refused' | 'early';

const [directory = '', times = '0', mode = 'plain' satisfies Mode] = process.argv.slice(2);
const say = (line: string): number => writeSync(1, `${line}\n`);
const codeOf = (error: unknown): string => (error as { code?: string }).code ?? String(error);

try {
  const store = await openSqliteStore(directory, { onWarning: (message) => say(`warning ${message}`) });
  const journal = await openJournal(store, { keep: 6 });
  for (let time = 0; time < Number(times); time++) {
    const revision = (journal.history().at(-1)?.revision ?? 0) + 1;
    say(`asked ${revision}`);
    if (mode === 'early') say(`acked ${revision}`);
    try {
      await journal.append(changeOf(revision));
      if (mode !== 'early') say(`acked ${revision}`);
    } catch (error) {
      say(`refused ${revision} ${codeOf(error)}`);
      if (mode === 'kill-when-refused') process.kill(process.pid, 'SIGKILL');
    }
  }
  await journal.close();
  say('closed');
} catch (error) {
  say(`failed ${codeOf(error)}`);
}
