import { rmSync } from 'node:fs';
import { suite } from 'uvu';
import { openSqliteStore } from '../../lib/store/sqlite-store.ts';
import { conformance } from './conformance.ts';
import { newDirectory } from './directory.ts';

const test = suite('sqlite-store');

conformance(test, async () => {
  const directory = newDirectory();
  return {
    open: () => openSqliteStore(directory),
    remove: async () => rmSync(directory, { recursive: true }),
  };
});

test.run();
