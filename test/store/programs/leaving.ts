// Leaves a store open at its end, with a write under way, and warns of something: `leaving.js DIRECTORY`.
import { writeSync } from 'node:fs';
import { openSqliteStore } from '../../../lib/store/sqlite-store.ts';

const store = await openSqliteStore(process.argv[2] ?? '');
void store.put('a', new Uint8Array(1)).then(() => writeSync(1, 'put\n'));
process.emitWarning('mine');
