/** Other processes of this machine, by their numbers, as far as they can be seen from here. */
import { readlinkSync } from 'node:fs';

/** Also when it is another user's. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Digits that tell containers apart, whose processes have numbers of their own. */
export function pidSpace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0'; // not Linux
  }
}
