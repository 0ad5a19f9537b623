// Puts, replaces and deletes records and blobs, and tells after each what there is then; ends as it is told:
// `writing.js DIRECTORY STEPS COPY-AT close|kill`.
import { writeSync } from 'node:fs';
import { openSqliteFile } from '../../../lib/store/sqlite-file.ts';
import { contentOf } from '../store-content.ts';

const [directory = '', steps = '0', copyAt = '0', ending = 'close'] = process.argv.slice(2);

const store = openSqliteFile(directory);
const say = (): number => writeSync(1, `${contentOf(store)}\n`);
say();
for (let n = 1; n <= Number(steps); n++) {
  const value = new Uint8Array((n * 2_311) % 9_000).fill(n);
  if (n % 5 === 0) store.write((records) => records.del(`key.${n - 3}`, {}));
  else store.write((records) => ({ rev: records.put(`key.${n % 7 === 0 ? n - 1 : n}`, value, {}) }));
  say();
  if (n % 4 !== 0) continue;
  store.writeBlob((records) => records.putBlob(new Uint8Array(n * 1_000).fill(n)));
  say();
  if (n === Number(copyAt)) store.copyNow();
}
if (ending === 'kill') process.kill(process.pid, 'SIGKILL');
store.close();
