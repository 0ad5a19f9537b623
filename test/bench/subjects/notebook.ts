/** A notebook of one cell without a front end: until that cell runs, and until its outputs are written. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beSubject } from '../subject.ts';

const MAIN = join(import.meta.dirname, '../../../repl/main.js');
const PYTHON = '/usr/bin/python3';
const WHO = process.argv[2] === 'nbconvert' ? 'nbconvert' : 'servelab';

const COMMANDS: Readonly<Record<typeof WHO, readonly [program: string, ...args: string[]]>> = {
  nbconvert: [PYTHON, '-m', 'nbconvert', '--execute', '--to', 'notebook', '--output', 'done.ipynb', 'given.ipynb'],
  servelab: [process.execPath, MAIN, 'notebook', 'run', 'given.ipynb', '--to', 'ipynb', '--output', 'done.ipynb'],
};

const CELL = "(await import('node:fs')).writeFileSync('begun', String(Date.now())); 6 * 7";

const NOTEBOOK = {
  cells: [{ cell_type: 'code', id: 'only', source: CELL, metadata: {}, outputs: [], execution_count: null }],
  metadata: { kernelspec: { display_name: 'servelab', language: 'typescript', name: 'servelab' } },
  ...{ nbformat: 4, nbformat_minor: 5 },
};

const run = promisify(execFile);

beSubject(null, {
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'notebook-'));
    const env = {
      ...process.env,
      ...{ HOME: folder, XDG_STATE_HOME: folder, JUPYTER_DATA_DIR: folder, PYTHONWARNINGS: 'ignore' },
    };
    try {
      writeFileSync(join(folder, 'given.ipynb'), JSON.stringify(NOTEBOOK));
      if (WHO === 'nbconvert') await run(process.execPath, [MAIN, 'kernel', 'install'], { env });
      const [program, ...args] = COMMANDS[WHO];
      const startedAt = Date.now();
      await run(program, args, { cwd: folder, env });
      const doneMs = Date.now() - startedAt;
      const [cell] = JSON.parse(readFileSync(join(folder, 'done.ipynb'), 'utf8')).cells;
      const answer = String(cell.outputs[0]?.data['text/plain']);
      if (answer !== '42') throw new Error(`the cell answered ${answer}`);
      return { cellMs: Number(readFileSync(join(folder, 'begun'), 'utf8')) - startedAt, doneMs };
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  },
});
