/** Who asks for changes, for who reads the history. Never a reason to allow or refuse anything. */
import { userInfo } from 'node:os';

let ownName: string | null = null;

/** The user and the process: `ada (process 4711)`. */
export function ownAuthor(): string {
  ownName ??= `${userName()} (process ${process.pid})`;
  return ownName;
}

export const replicaAuthor = (replica: string): string => `replica ${replica}`;

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.()}`; // has no name on this machine
  }
}
