// Keeps a number as many programs do, renamed into place and never flushed: `careless.js DIRECTORY TIMES`.
import { mkdirSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const [directory = '', times = '0'] = process.argv.slice(2);
mkdirSync(directory);
try {
  for (let time = 1; time <= Number(times); time++) {
    writeFileSync(join(directory, 'new'), String(time));
    renameSync(join(directory, 'new'), join(directory, 'state'));
    writeSync(1, `acked ${time}\n`);
  }
} catch {
  // The disk is gone.
}
