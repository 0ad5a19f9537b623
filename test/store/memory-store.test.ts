import { suite } from 'uvu';
import { MemoryContents, openMemoryStore } from '../../lib/store/memory-store.ts';
import { conformance } from './conformance.ts';

const test = suite('memory-store');

conformance(test, async () => {
  const contents = new MemoryContents();
  return { open: async () => openMemoryStore(contents), remove: async () => {} };
});

test.run();
