/** Who has started a kernel, and whether he is still there: what he leaves behind nobody else ends. */

const LOOK_MS = 500;

/** `given`: JPY_PARENT_PID, which is his number also where a shell stands between us. Calls back once. */
export function whenParentEnds(given: string | undefined, ended: () => void): void {
  const named = Number(given);
  if (!Number.isInteger(named) || named <= 1) return;
  const first = process.ppid;
  // A child knows its parent's end for sure; another's number may be somebody else's by then, after a long time.
  const hasEnded = named === first ? () => process.ppid !== first : () => !isAlive(named);
  const timer = setInterval(() => {
    if (!hasEnded()) return;
    clearInterval(timer);
    ended();
  }, LOOK_MS);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
