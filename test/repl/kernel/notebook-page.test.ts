/** A notebook as its user sees it: Jupyter's own page in a browser. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { requireOrSkip } from '../../support/require.ts';
import { BrowserPage, chromium, printedMatch } from './browser-page.ts';
import { type JupyterHome, python, pythonModule, withJupyter } from './jupyter-home.ts';

const test = suite('a notebook in a browser');

const CELLS = [
  "let kept = 41;\nawait client.createBackend('hi', (request) => 'Hi ' + request.queryParams.get('name'));\nawait client.createEndpoint('hi', { backend: 'hi', route: '/hi' });\n(await http.get('/hi?name=Ada')).text",
  "display({ 'text/html': '<table id=\"mine\"><tr><td>v1</td><td><b>90 %</b></td></tr></table>' }, { raw: true })",
  'const bar = (share: number) => ({\n  \'image/svg+xml\': \'<svg xmlns="http://www.w3.org/2000/svg" width="200" height="20"><rect id="bar" width="\' + 2 * share + \'" height="20" fill="teal"/></svg>\',\n});\nconst live = display(bar(10), { raw: true });\nfor (let share = 20; share <= 60; share += 10) {\n  live.update(bar(share));\n  await new Promise((resolve) => setTimeout(resolve, 100));\n}',
  '.status',
  "console.log('it spins');\nwhile (true) {}",
  'kept + 1',
];

/** With the notebook open and its kernel there. */
async function withPage(home: JupyterHome, work: (page: BrowserPage) => Promise<void>): Promise<void> {
  const { folder, env } = home;
  const cells = CELLS.map((source, at) => ({
    ...{ cell_type: 'code', id: `cell-${at}`, source, metadata: {}, outputs: [], execution_count: null },
  }));
  const kernelspec = { name: 'servelab', display_name: 'TypeScript', language: 'typescript' };
  const notebook = { nbformat: 4, nbformat_minor: 5, metadata: { kernelspec }, cells };
  writeFileSync(join(folder, 'page.ipynb'), JSON.stringify(notebook));
  const own = ['--NotebookApp.token=', '--NotebookApp.password=', `--notebook-dir=${folder}`];
  const args = [
    '-m',
    'notebook',
    '--no-browser',
    '--allow-root',
    '--ip=127.0.0.1',
    `--port=${await freePort()}`,
    ...own,
  ];
  const server = spawn(python, args, { env, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const url = await printedMatch(server, /http:\/\/127\.0\.0\.1:\d+/);
  const page = await BrowserPage.open(`${url}/notebooks/page.ipynb`, folder, env);
  try {
    await page.until(
      `Jupyter.notebook.kernel.is_connected() && Jupyter.notebook.get_cells().length === ${CELLS.length}`,
      'the notebook',
    );
    await work(page);
  } finally {
    await page.close();
    // As cruelly as can be: what it leaves behind is looked for when it is gone.
    server.kill('SIGKILL');
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
  }
}

/** Jupyter says 0 of one that it chooses; of this one, when it is taken meanwhile, that it takes the next. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Of what it has put out. */
const textOf = (cell: number): string =>
  `document.querySelectorAll('.cell')[${cell}].querySelector('.output_wrapper').innerText`;
const runCell = (cell: number): string => `Jupyter.notebook.select(${cell}); Jupyter.notebook.execute_cell()`;

const WATCH_BAR = `
  window.widths = [];
  new MutationObserver(() => {
    const width = document.querySelector('rect#bar')?.getAttribute('width');
    if (width && widths.at(-1) !== width) widths.push(width);
  }).observe(document.body, { childList: true, subtree: true, attributes: true });
  Jupyter.notebook.execute_all_cells()`;

const notebook = {
  available: chromium.available && pythonModule('notebook', '').available,
  why: 'chromium or jupyter-notebook is not installed',
};

requireOrSkip(
  test,
  'shows HTML, pictures and live changes; Stop ends a loop, and what is defined is kept',
  notebook,
  withJupyter(async (home) => {
    await withPage(home, async (page) => {
      await page.evaluate(WATCH_BAR);
      await page.until(`${textOf(4)}.includes('it spins')`, 'the cell that spins');
      assert.match(String(await page.evaluate(textOf(0))), /'Hi Ada'/);
      assert.is(await page.evaluate("document.querySelector('table#mine b').innerText"), '90 %');
      assert.equal(await page.evaluate('widths'), ['20', '40', '60', '80', '100', '120']);
      assert.match(String(await page.evaluate(textOf(3))), /notebook\nservelab /);
      await page.evaluate(
        'document.querySelector(\'[data-jupyter-action="jupyter-notebook:interrupt-kernel"]\').click()',
      );
      await page.until(`${textOf(4)}.includes('interrupted')`, 'the interrupt');
      // It was queued behind the cell that was interrupted.
      await page.until('!Jupyter.notebook.kernel_busy', 'an idle kernel');
      assert.not.match(String(await page.evaluate(textOf(5))), /42/);
      await page.evaluate(runCell(5));
      await page.until(`${textOf(5)}.includes('42')`, 'what was defined before');
      const picture = process.env.SERVELAB_NOTEBOOK_PICTURE;
      if (picture !== undefined) await page.screenshot(picture);
    });
  }),
);

requireOrSkip(
  test,
  'a restart begins afresh, and a session that dies is told and begun anew',
  notebook,
  withJupyter(async (home) => {
    await withPage(home, async (page) => {
      const run = async (code: string): Promise<void> => {
        await page.evaluate(`Jupyter.notebook.get_cell(0).set_text(${JSON.stringify(code)}); ${runCell(0)}`);
      };
      await run("globalThis.mine = 'defined'");
      await page.until(`${textOf(0)}.includes('Out[1]')`, 'the first cell');
      await page.evaluate('Jupyter.notebook.kernel.restart()');
      await page.until('Jupyter.notebook.kernel.is_connected()', 'the new kernel');
      await run('typeof mine');
      await page.until(`/Out\\[1\\]:\\s+'undefined'/.test(${textOf(0)})`, 'a session without it');
      await run("process.kill(process.pid, 'SIGKILL')");
      await page.until(`${textOf(0)}.includes('the session was ended by SIGKILL')`, 'the reason');
      await page.until("document.body.innerText.includes('appears to have died')", 'that Jupyter tells of it');
    });
  }),
);

test.run();
