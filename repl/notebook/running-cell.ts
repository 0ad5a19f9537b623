/** One cell that runs: to its end, its time limit, or until somebody stops it. */
import { messageOf } from '../message-of.ts';
import { SessionEnded } from '../session/session-client.ts';
import type { CellFailure, CellRun, RunOptions } from './cell-run.ts';
import { type NotebookCell, tagsOf } from './model.ts';
import type { NotebookSession } from './notebook-session.ts';
import type { CellOutputs } from './outputs.ts';

interface CellTask {
  readonly cell: NotebookCell;
  /** Of its outputs. */
  readonly id: string;
  /** What its errors call it. */
  readonly file: string;
  readonly session: NotebookSession;
  readonly options: RunOptions;
  readonly outputs: CellOutputs;
}

interface Ended {
  readonly isOk: boolean;
  readonly count: number | null;
  /** Why nothing can run behind it; null: it can. */
  readonly death: string | null;
}

/** How long an interrupted cell may take to end, in ms, before its session is killed. */
const GRACE_MS = 3000;
/** An interrupt that comes before a cell has begun is for none, so it is sent again, in ms. */
const AGAIN_MS = 200;

/** `isOver`: nothing can run behind it. */
export async function runCell(
  task: CellTask,
): Promise<{ readonly run: CellRun; readonly count: number | null; readonly isOver: boolean }> {
  const { cell, id, outputs, options } = task;
  const halt = new Halt(task);
  const begun = performance.now();
  const ended = await execute(task, halt);
  const ms = performance.now() - begun;
  halt.over();
  if (ended.death !== null) {
    const text = `Uncaught ${ended.death}`;
    outputs.take({ type: 'error', parent: id, name: 'SessionEnded', message: ended.death, text });
  }
  const failure = ended.isOk ? null : failureOf(task, halt);
  const isAllowed = tagsOf(cell).includes('raises-exception') && !halt.isLate && ended.death === null;
  const outcome = options.stop.aborted ? 'interrupted' : ended.isOk ? 'ok' : isAllowed ? 'raised' : 'failed';
  return { run: { cell, outcome, ms, failure }, count: ended.count, isOver: ended.death !== null };
}

async function execute({ cell, session, file, id }: CellTask, halt: Halt): Promise<Ended> {
  try {
    return { ...(await session.execute(cell.source, file, cell.line, id)), death: null };
  } catch (error) {
    const death = error instanceof SessionEnded ? await deathOf(session, halt) : messageOf(error);
    return { isOk: false, count: null, death };
  }
}

async function deathOf(session: NotebookSession, halt: Halt): Promise<string> {
  const { code, signal } = await session.ended;
  if (halt.hasKilled) return `${halt.reason} and did not heed that, so its session was killed`;
  return signal === null ? `the cell ended its session with exit code ${code}` : `its session was ended by ${signal}`;
}

function failureOf({ outputs, id, file }: CellTask, halt: Halt): CellFailure {
  const error = outputs.of(id).findLast(({ output_type }) => output_type === 'error') ?? {};
  const text = Array.isArray(error.traceback) ? error.traceback.join('\n') : '';
  const [place = null] = new RegExp(`${escaped(file)}:\\d+(?::\\d+)?`).exec(text) ?? [];
  const message = halt.isLate && !halt.hasKilled ? halt.reason : String(error.evalue ?? '');
  return { name: halt.isLate ? 'TimeoutError' : String(error.ename ?? 'Error'), message, text, place };
}

/** What ends a cell before it ends by itself. */
class Halt {
  isLate = false;
  hasKilled = false;
  readonly #task: CellTask;
  readonly #stop = (): void => this.#interrupt();
  #limit: NodeJS.Timeout | undefined;
  #grace: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;

  constructor(task: CellTask) {
    this.#task = task;
    const { stop, timeoutMs } = task.options;
    stop.addEventListener('abort', this.#stop, { once: true });
    if (timeoutMs === null) return;
    this.#limit = setTimeout(() => {
      this.isLate = true;
      this.#interrupt();
    }, timeoutMs);
  }

  get reason(): string {
    const { timeoutMs } = this.#task.options;
    return this.isLate
      ? `the cell took longer than ${(timeoutMs ?? 0) / 1000} s, was interrupted`
      : 'the cell was interrupted';
  }

  over(): void {
    clearTimeout(this.#limit);
    clearTimeout(this.#grace);
    clearInterval(this.#again);
    this.#task.options.stop.removeEventListener('abort', this.#stop);
  }

  #interrupt(): void {
    const { session } = this.#task;
    void session.interrupt();
    this.#again ??= setInterval(() => void session.interrupt(), AGAIN_MS);
    this.#grace ??= setTimeout(() => {
      this.hasKilled = true;
      session.kill();
    }, GRACE_MS);
  }
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
