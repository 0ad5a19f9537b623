/** A place of Jupyter's own for tests, with the kernel installed in it, and what of Jupyter is on this machine. */
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { until } from '../../support/instance.ts';
import { marked } from '../../support/processes.ts';
import type { Requirement } from '../../support/require.ts';
import { command } from '../command-fixture.ts';

/** Debian's, which has Debian's modules; another one may stand before it. */
export const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

export function pythonModule(name: string, debianPackage: string): Requirement {
  const { status } = spawnSync(python, ['-c', `import ${name}`]);
  return { available: status === 0, why: `${debianPackage} is not installed` };
}

export interface RanProgram {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface JupyterHome {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** To its end. */
  run(program: string, args: readonly string[], input?: string): Promise<RanProgram>;
}

/** A test in such a place, of which no process is left behind. */
export function withJupyter(work: (home: JupyterHome) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), 'servelab-jupyter-'));
    const mark = `SERVELAB_TEST_MARK=${randomUUID()}`;
    const [name = '', value] = mark.split('=');
    const env = {
      ...process.env,
      ...{ [name]: value, HOME: folder, JUPYTER_DATA_DIR: join(folder, 'data') },
      ...{ JUPYTER_RUNTIME_DIR: join(folder, 'runtime'), JUPYTER_CONFIG_DIR: join(folder, 'config') },
      ...{ IPYTHONDIR: join(folder, 'ipython'), XDG_STATE_HOME: join(folder, 'state'), PYTHONWARNINGS: 'ignore' },
    };
    const run: JupyterHome['run'] = (program, args, input = '') => runProgram(program, args, { folder, env, input });
    try {
      const { code, stderr } = await run(process.execPath, [command, 'kernel', 'install']);
      assert.is(code, 0, stderr);
      await work({ folder, env, run });
      await until(() => marked(mark).length === 0, 'every process to end');
    } finally {
      for (const { pid } of marked(mark)) process.kill(pid, 'SIGKILL');
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  };
}

async function runProgram(
  program: string,
  args: readonly string[],
  { folder, env, input }: { readonly folder: string; readonly env: NodeJS.ProcessEnv; readonly input: string },
): Promise<RanProgram> {
  const child = spawn(program, args, { cwd: folder, env });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve).once('error', reject);
  });
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { code, stdout, stderr };
}
