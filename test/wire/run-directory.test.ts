import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RunDirectory } from '../../lib/wire/run-directory.ts';
import { until } from '../support/instance.ts';

const test = suite('run directory');

/** With a base of its own, which is what XDG_RUNTIME_DIR says. */
function withBase(run: (base: string) => void): () => void {
  return () => {
    const base = mkdtempSync(join(tmpdir(), 'base-'));
    const before = process.env.XDG_RUNTIME_DIR;
    process.env.XDG_RUNTIME_DIR = base;
    try {
      run(base);
    } finally {
      if (before === undefined) delete process.env.XDG_RUNTIME_DIR;
      else process.env.XDG_RUNTIME_DIR = before;
      rmSync(base, { recursive: true });
    }
  };
}

test(
  'stands where XDG_RUNTIME_DIR says, is its user’s alone, gives each path once and goes when removed',
  withBase((base) => {
    const directory = new RunDirectory();
    assert.is(dirname(directory.path), base);
    assert.is(statSync(directory.path).mode & 0o777, 0o700);
    const paths = Array.from({ length: 100 }, () => directory.newPath('replica'));
    assert.is(new Set(paths).size, 100);
    writeFileSync(paths[0] ?? '', 'x');
    directory.remove();
    directory.remove();
    assert.equal(readdirSync(base), []);
  }),
);

test('goes also while other processes put files into it', async () => {
  for (let round = 0; round < 5; round++) {
    const directory = new RunDirectory();
    const { path } = directory;
    const writing = [1, 2].map((who) =>
      spawn('sh', ['-c', `i=0; while : > '${path}/${who}-'$i; do i=$((i + 1)); done`], { stdio: 'ignore' }),
    );
    const ended = writing.map((one) => once(one, 'exit'));
    await until(() => readdirSync(path).length > 50, 'files');
    try {
      directory.remove();
      assert.not.ok(existsSync(path));
    } finally {
      for (const one of writing) one.kill();
      await Promise.all(ended);
      directory.remove();
    }
  }
});

test(
  'stands elsewhere where that is missing, or too long for the path of a socket in it',
  withBase((base) => {
    const long = join(base, 'x'.repeat(80));
    mkdirSync(long);
    for (const unfit of [join(base, 'nowhere'), long, '']) {
      process.env.XDG_RUNTIME_DIR = unfit;
      const directory = new RunDirectory();
      assert.not.ok(directory.path.startsWith(base), directory.path);
      assert.ok(Buffer.byteLength(directory.newPath('replica')) < 104);
      directory.remove();
    }
  }),
);

test(
  'removes what killed instances have left, and nothing that may still be in use',
  withBase((base) => {
    const ended = spawnSync('true').pid;
    const mine = new RunDirectory();
    const of = (pid: number): string => {
      const path = join(base, basename(mine.path).replace(String(process.pid), String(pid)));
      mkdirSync(path);
      writeFileSync(join(path, 'socket'), '');
      return path;
    };
    const left = of(ended);
    const running = of(process.ppid);
    // As containers that share this directory, but not their numbers of processes, see each other.
    const [, space = ''] = /^servelab-\d+-(\d+)-/.exec(basename(mine.path)) ?? [];
    assert.is.not(space, '');
    const elsewhere = join(base, `servelab-${ended}-${space}1-abcdef`);
    mkdirSync(elsewhere);
    const others = [join(base, 'servelab-notes'), join(base, `servelab-${ended}`), join(base, `${ended}`)];
    for (const other of others) mkdirSync(other);
    const next = new RunDirectory();
    assert.not.ok(existsSync(left));
    for (const path of [mine.path, running, elsewhere, ...others]) assert.ok(existsSync(path), path);
    next.remove();
    assert.ok(existsSync(mine.path));
    mine.remove();
  }),
);

test.run();
