/**
 * Which process holds an instance's name, as it has written down itself. The number of a process may be another's by
 * now, or mean another one here, so it counts only together with when that process began.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isAlive, pidSpace } from '../wire/processes.ts';

/** Called by who has the lock, of itself. */
export function writeHolder(path: string): void {
  const draft = `${path}.new`;
  writeFileSync(draft, `${process.pid} ${beginningOf(process.pid) ?? ''}`, { mode: 0o600 });
  renameSync(draft, path);
}

/** The pid of the holder, if it is alive and can be seen from here; else null. */
export function readHolder(path: string): number | null {
  const [pid, began = ''] = textOf(path).split(' ');
  if (!pid || !/^\d+$/.test(pid)) return null;
  return beginningOf(Number(pid)) === began ? Number(pid) : null;
}

/** When and where a process began, as a word; null when there is none. Without /proc: '' for any that is alive. */
function beginningOf(pid: number): string | null {
  const boot = textOf('/proc/sys/kernel/random/boot_id').trim();
  if (boot === '') return isAlive(pid) ? '' : null;
  const stat = textOf(`/proc/${pid}/stat`);
  // The name of a process may hold spaces and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = '', startedAt = ''] = [fields[STATE], fields[STARTED_AT]];
  return startedAt === '' || 'ZX'.includes(state) ? null : `${boot}:${pidSpace()}:${startedAt}`;
}

/** Fields of /proc/<pid>/stat behind the name, counted from 0 (proc(5) counts from 1, and the name is the second). */
const STATE = 0;
const STARTED_AT = 19;

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // there is none, or no longer
  }
}
