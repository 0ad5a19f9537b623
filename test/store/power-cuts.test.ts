// The power goes while a store is written: whatever was not flushed is gone, and what was acknowledged is not.
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { requireOrSkip } from '../support/require.ts';
import { lastOf, requireAppended } from './changes.ts';
import { newDirectory } from './directory.ts';
import { nextLine, rest, startProgram } from './lines-of.ts';
import { command, commandNeeded, loopMountNeeded, mountNeeded } from './mount.ts';

const test = suite('power-cuts');

const CUTS = Number(process.env.SERVELAB_POWER_CUTS ?? 10);
/** Generous: on a small disk that is nearly full the file system writes by itself what nobody has flushed. */
const DISK_BYTES = 2 ** 30;

const needs = [
  mountNeeded(),
  commandNeeded('xfs_io', 'xfsprogs'),
  commandNeeded('mkfs.ext4', 'e2fsprogs'),
  loopMountNeeded(),
];
const missing = needs.find(({ available }) => !available) ?? { available: true, why: '' };

/** A disk in a file, on whose file system everything can stop at once. */
class Disk {
  readonly #base = newDirectory('disk');
  readonly #image = join(this.#base, 'image');
  readonly path = join(this.#base, 'mounted');

  constructor() {
    const file = openSync(this.#image, 'w');
    ftruncateSync(file, DISK_BYTES);
    closeSync(file);
    mkdirSync(this.path);
    command('mkfs.ext4', ['-q', '-F', this.#image]);
    command('mount', ['-o', 'loop', this.#image, this.path]);
  }

  /** Nothing that is not on the disk yet will get there. */
  cut(): void {
    command('xfs_io', ['-x', '-c', 'shutdown', this.path]);
  }

  /** As after switching the machine on again. */
  restart(): void {
    command('umount', [this.path]);
    command('mount', ['-o', 'loop', this.#image, this.path]);
  }

  remove(): void {
    command('umount', [this.path]);
    rmSync(this.#base, { recursive: true });
  }
}

interface Cut {
  /** All that the program has said. */
  readonly lines: readonly string[];
  /** The last that it had acknowledged when the power began to go. */
  readonly acked: number;
}

/**
 * Runs a program that appends, and cuts the power once it has acknowledged so many. While this file system goes down, an
 * `fsync` under way may succeed with nothing written (Linux 6.18, ext4: 5 of 60 cuts of a program that does nothing but
 * write and `fsync`): such an acknowledgement tells of no power cut, in which nobody lives to hear it.
 */
async function cutWhileAppending(disk: Disk, program: string, directory: string, acks: number): Promise<Cut> {
  const talker = startProgram(program, [directory, '100000', 'kill-when-refused']);
  const lines: string[] = [];
  for (let count = 0; count < acks; ) {
    const line = await nextLine(talker);
    lines.push(line);
    if (line.startsWith('acked')) count++;
  }
  const acked = lastOf(lines, 'acked');
  disk.cut();
  talker.child.kill('SIGKILL');
  lines.push(...(await rest(talker)));
  await talker.exit;
  disk.restart();
  return { lines, acked };
}

const randomUpTo = (limit: number): number => 1 + Math.floor(Math.random() * limit);

requireOrSkip(test, `after each of ${CUTS} power cuts all that was acknowledged is there`, missing, async () => {
  const disk = new Disk();
  const found: number[] = [];
  try {
    for (let cut = 0; cut < CUTS; cut++) {
      // Some stores are new when it happens, most have been through it before.
      const directory = join(disk.path, `store-${Math.floor(cut / 4)}`);
      const { lines, acked } = await cutWhileAppending(disk, 'appending', directory, randomUpTo(25));
      found.push((await requireAppended(directory, lines, acked)) - acked);
    }
  } finally {
    disk.remove();
  }
  if (process.env.SERVELAB_POWER_CUTS) {
    console.log(`${found.filter((more) => more === 0).length} had the last one, ${found.filter(Boolean).length} more`);
  }
});

requireOrSkip(test, 'what is not flushed is lost by such a power cut', missing, async () => {
  const disk = new Disk();
  let lost = 0;
  try {
    for (let cut = 0; cut < 3; cut++) {
      const directory = join(disk.path, `careless-${cut}`);
      const { acked } = await cutWhileAppending(disk, 'careless', directory, 200);
      const read = (): number => Number(readFileSync(join(directory, 'state'), 'utf8'));
      let there = 0;
      try {
        there = read();
      } catch (error) {
        assert.is((error as NodeJS.ErrnoException).code, 'ENOENT');
      }
      if (there < acked) lost++;
    }
  } finally {
    disk.remove();
  }
  assert.is(lost, 3, `only ${lost} of 3 lost something: the power cut is none`);
});

test.run();
