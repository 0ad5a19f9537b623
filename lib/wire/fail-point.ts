/**
 * Named places of a control change where a test can have the process killed: the file that SERVELAB_FAIL_POINT names says
 * where next. Without that variable nothing is looked at.
 */
import { readFileSync, rmSync } from 'node:fs';

export const FAIL_POINTS = ['ready', 'checked', 'written', 'published', 'answered'] as const;
export type FailPoint = (typeof FAIL_POINTS)[number];

const file = process.env.SERVELAB_FAIL_POINT;

export const failPoint: (name: FailPoint) => void = file === undefined ? () => {} : (name) => killHere(file, name);

/** Once. */
function killHere(path: string, name: FailPoint): void {
  let wanted = '';
  try {
    wanted = readFileSync(path, 'utf8');
  } catch {
    return; // none is wanted
  }
  if (wanted !== name) return;
  rmSync(path);
  process.kill(process.pid, 'SIGKILL');
  // It takes a moment, in which nothing more may happen.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
