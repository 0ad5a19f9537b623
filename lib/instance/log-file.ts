/** Keeps the file that this process's output goes to from growing for ever. */
import { copyFileSync, fstatSync, ftruncateSync } from 'node:fs';

const STDOUT = 1;
const LOOK_EVERY_MS = 1000;

/**
 * Once it has `maxBytes` what is in it goes to `<path>.1`, in place of what was there. The file itself stays the same
 * one, as native code and other processes have it open, too; it is opened for appending.
 */
export function rotateOutput(path: string, maxBytes: number): void {
  const look = (): void => {
    if (fstatSync(STDOUT).size < maxBytes) return;
    copyFileSync(path, `${path}.1`);
    ftruncateSync(STDOUT);
  };
  setInterval(look, LOOK_EVERY_MS).unref();
}
