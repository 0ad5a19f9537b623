/** Compare-and-set, said once for every store. */
import { Conflict, Fenced, type Rev, type WriteOptions } from './store.ts';

/** Throws Fenced or Conflict when a write of `key` may not be; `revOf` gives 0 for what does not exist. */
export function requireAllowed(key: string, { ifRev, fence }: WriteOptions, revOf: (key: string) => Rev): void {
  if (fence !== undefined) {
    const found = revOf(fence.key);
    if (found !== fence.rev) throw new Fenced(`'${fence.key}' is ${at(found)}, no longer ${at(fence.rev)}`);
  }
  if (ifRev === undefined) return;
  const found = revOf(key);
  if (found !== ifRev) throw new Conflict(`'${key}' is ${at(found)}, and ${at(ifRev)} was asked for`);
}

const at = (rev: Rev): string => (rev === 0 ? 'not there' : `at revision ${rev}`);
