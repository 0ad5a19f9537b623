// Opens a store several times at once when told to, tells how each ended, and holds what it has until its input ends:
// `opening.js DIRECTORY TIMES`.
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { openSqliteStore } from '../../../lib/store/sqlite-store.ts';

const [directory = '', times = '1'] = process.argv.slice(2);
const say = (line: unknown): number => writeSync(1, `${JSON.stringify(line)}\n`);

say({ ready: process.pid });
await once(process.stdin, 'data');
const startedAt = performance.now();
await Promise.all(
  Array.from({ length: Number(times) }, () =>
    openSqliteStore(directory).then(
      () => say({ won: process.pid }),
      (error) => say({ lost: error.code, message: error.message, afterMs: performance.now() - startedAt }),
    ),
  ),
);
// A store that is open does not hold its process; this does.
process.stdin.resume();
