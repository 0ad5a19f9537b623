/** How a notebook's run goes, on stderr; what its cells put out, on stdout. */
import { styleText } from 'node:util';
import { escapeControls } from '../../lib/index.ts';
import type { CellRun, NotebookRun, Outcome } from '../notebook/cell-run.ts';
import { type Notebook, type NotebookCell, titleOf } from '../notebook/model.ts';
import { tell } from './failure.ts';
import type { Target } from './notebook-options.ts';

const SAID: Readonly<Partial<Record<Outcome, string>>> = {
  raised: 'raised, as it may',
  failed: 'FAILED',
  interrupted: 'interrupted',
};

export class NotebookProgress {
  readonly #count: number;
  readonly #file: string;
  readonly #begun = performance.now();

  /** The cell that runs is on the terminal's last line. */
  #isShown = false;

  constructor(notebook: Notebook, file: string) {
    this.#count = notebook.cells.length;
    this.#file = file;
  }

  /** At a terminal; elsewhere a line for each cell that has ended is enough. */
  begins(cell: NotebookCell, at: number): void {
    if (!process.stderr.isTTY) return;
    process.stderr.write(`${this.#head(cell, at)} …`);
    this.#isShown = true;
  }

  /** For what its cell prints. */
  readonly makeWay = (): void => {
    if (this.#isShown) process.stderr.write('\r\u001b[K');
    this.#isShown = false;
  };

  ends({ cell, outcome, ms, failure }: CellRun, at: number): void {
    const said = [SAID[outcome], outcome === 'raised' ? failure?.name : undefined, shownTime(ms)];
    const line = `${this.#head(cell, at)}  ${said.filter((word) => word !== undefined).join('  ')}`;
    const shown = outcome === 'failed' ? styleText('red', line, { stream: process.stderr }) : line;
    this.makeWay();
    process.stderr.write(`${shown}\n`);
  }

  /** `target`: where its outputs are kept. */
  over(run: NotebookRun, target: Target | null): void {
    for (const [at, cell] of run.cells.entries()) {
      if (cell.outcome === 'failed') tell(failureText(cell, at, this.#file, run.status === 'done'));
    }
    const kept = target?.file ? `; ${target.file} is written` : '';
    const time = shownTime(performance.now() - this.#begun);
    process.stderr.write(`${escapeControls(this.#file)}: ${summaryOf(run)} in ${time}${kept}\n`);
  }

  #head(cell: NotebookCell, at: number): string {
    return `cell ${at + 1} of ${this.#count}  ${escapeControls(titleOf(cell))}`;
  }
}

function failureText({ failure }: CellRun, at: number, file: string, isAllowed: boolean): string {
  const { name = 'Error', message = '', text = '', place = null } = failure ?? {};
  const shown = place === null ? file : `${file.slice(0, file.lastIndexOf('/') + 1)}${place}`;
  const next =
    name === 'TimeoutError'
      ? '--timeout gives each cell more time'
      : 'mend it there and run it again; --allow-errors goes on behind it, and the tag raises-exception says that it may fail';
  const head = `cell ${at + 1} failed at ${shown}: ${name}: ${message.split('\n')[0]}`;
  return isAllowed ? head : [head, ...text.split('\n').slice(1), next].filter((line) => line.trim() !== '').join('\n');
}

function summaryOf({ cells, status }: NotebookRun): string {
  const count = (...outcomes: readonly Outcome[]): number =>
    cells.filter(({ outcome }) => outcomes.includes(outcome)).length;
  const ran = count('ok', 'raised', 'failed', 'interrupted');
  const others = (
    [
      [count('failed'), 'failed'],
      [count('raised'), 'raised what they may'],
      [count('skipped'), 'skipped'],
      [count('unreached'), 'not reached'],
    ] as const
  ).flatMap(([number, words]) => (number === 0 ? [] : [`${number} ${words}`]));
  const end = status === 'interrupted' ? 'interrupted, ' : '';
  return `${end}${[`${ran} ${ran === 1 ? 'cell' : 'cells'} ran`, ...others].join(', ')}`;
}

const shownTime = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);
