// A file system of its own for one test; only root may make one.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Requirement } from '../support/require.ts';

export function mountNeeded(): Requirement {
  if (process.geteuid?.() !== 0) return { available: false, why: 'only root can mount a file system' };
  const place = mkdtempSync(join(tmpdir(), 'servelab-mount-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', place], { stdio: 'ignore' });
  if (status === 0) spawnSync('umount', [place], { stdio: 'ignore' });
  rmdirSync(place);
  return { available: status === 0, why: 'mounting is not allowed here' };
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
