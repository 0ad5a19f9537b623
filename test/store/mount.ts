// A file system of its own for one test; only root may make one.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Requirement } from '../support/require.ts';

export function mountNeeded(): Requirement {
  if (process.geteuid?.() !== 0) {
    return { available: false, why: 'only root can mount a file system', isForbidden: true };
  }
  const place = mkdtempSync(join(tmpdir(), 'servelab-mount-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', place], { stdio: 'ignore' });
  if (status === 0) spawnSync('umount', [place], { stdio: 'ignore' });
  rmdirSync(place);
  return { available: status === 0, why: 'mounting is not allowed here', isForbidden: true };
}

/** A file system in a file. */
export function loopMountNeeded(): Requirement {
  const base = mkdtempSync(join(tmpdir(), 'servelab-loop-'));
  const image = join(base, 'image');
  writeFileSync(image, Buffer.alloc(2 ** 20));
  const runs = (name: string, ...args: readonly string[]): boolean =>
    spawnSync(name, args, { stdio: 'ignore' }).status === 0;
  const isAllowed = runs('mkfs.ext4', '-q', '-F', image) && runs('mount', '-o', 'loop', image, base);
  if (isAllowed) runs('umount', base);
  rmSync(base, { recursive: true });
  return { available: isAllowed, why: 'mounting what is in a file is not allowed here', isForbidden: true };
}

export function commandNeeded(name: string, packaged: string): Requirement {
  const { error } = spawnSync(name, ['-V'], { stdio: 'ignore' });
  return { available: error === undefined, why: `${name} is not installed (package ${packaged})` };
}

/** A test with what `mount OPTIONS PLACE` gives; `remount` takes `ro` or `rw`. */
export function mounting(
  options: readonly string[],
  run: (place: string, remount: (mode: 'ro' | 'rw') => void) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const place = mkdtempSync(join(tmpdir(), 'servelab-mount-'));
    command('mount', [...options, place]);
    try {
      await run(place, (mode) => command('mount', ['-o', `remount,${mode}`, place]));
    } finally {
      command('umount', [place]);
      rmdirSync(place);
    }
  };
}

export function command(name: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(name, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name} ${args.join(' ')}: ${error?.message ?? stderr}`);
}
