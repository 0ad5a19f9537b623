// Writes records and kills itself: `crashing.js DIRECTORY WRITES COPY-AT`.
import { openSqliteFile } from '../../../lib/store/sqlite-file.ts';

const [directory = '', writes = '0', copyAt = '0'] = process.argv.slice(2);

const file = openSqliteFile(directory);
for (let n = 0; n < Number(writes); n++) {
  file.write((records) => ({ rev: records.put(`key.${n}`, new Uint8Array(3_000).fill(n), {}) }));
  if (n + 1 === Number(copyAt)) file.copyNow();
}
process.kill(process.pid, 'SIGKILL');
