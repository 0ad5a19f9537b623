// Puts records and tells how long the slowest took, and for how long the event loop stood still: `slow.js DIRECTORY`.
import { writeSync } from 'node:fs';
import { openSqliteStore } from '../../../lib/store/sqlite-store.ts';

const store = await openSqliteStore(process.argv[2] ?? '');
let beat = performance.now();
let longestGap = 0;
const beating = setInterval(() => {
  longestGap = Math.max(longestGap, performance.now() - beat);
  beat = performance.now();
}, 5);
let slowest = 0;
for (let n = 0; n < 20; n++) {
  const startedAt = performance.now();
  await store.put(`key.${n}`, new Uint8Array(100));
  slowest = Math.max(slowest, performance.now() - startedAt);
}
clearInterval(beating);
writeSync(1, `${slowest}\n${longestGap}\n`);
await store.close();
