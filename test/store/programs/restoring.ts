// Opens a store and tells what it has: `restoring.js DIRECTORY`.
import { writeSync } from 'node:fs';
import { openSqliteFile } from '../../../lib/store/sqlite-file.ts';

const store = openSqliteFile(process.argv[2] ?? '');
const { entries } = store.read((records) => records.list(''));
writeSync(1, `keys ${entries.length}\n${store.notice ?? 'no notice'}\n`);
store.copyNow();
store.close();
