/** The lessons in `notebooks/`, and runs of them that leave nothing running. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { until } from '../support/instance.ts';
import { marked } from '../support/processes.ts';

export const root = fileURLToPath(new URL('../../../', import.meta.url));
export const folder = join(root, 'notebooks');

/** The names of those with this extension, without it. */
export const named = (extension: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(extension))
    .map((name) => name.slice(0, -extension.length))
    .sort();

export const lessons = named('.ts');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  /** What was said on both, for whoever must know why. */
  readonly said: string;
}

/** Runs Node in the lessons' folder, to its end and that of every process that it has begun; those that stay are killed. */
export async function runNode(...args: readonly string[]): Promise<Ended> {
  const mark = `SERVELAB_TEST_MARK=${randomUUID()}`;
  const [name = '', value] = mark.split('=');
  const home = mkdtempSync(join(tmpdir(), 'servelab-lesson-'));
  try {
    const env = { ...process.env, [name]: value, XDG_STATE_HOME: home };
    const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const closed = new Promise<number | null>((resolve, reject) => {
      child.once('close', resolve).once('error', reject);
    });
    const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
    await until(() => marked(mark).length === 0, `every process of ${args.join(' ')} to end`);
    return { code, stdout, said: `${stdout}${stderr}` };
  } finally {
    for (const { pid } of marked(mark)) process.kill(pid, 'SIGKILL');
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}
