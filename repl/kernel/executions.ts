/** A kernel's cells: one at a time, and what a failed one has the others do. */

import { questionIn } from '../question.ts';
import type { Look, Output } from '../session/protocol.ts';
import { SessionEnded } from '../session/session-client.ts';
import type { KernelHistory } from './history.ts';
import type { Iopub } from './iopub.ts';
import type { KernelSession } from './kernel-session.ts';
import { errorContent, expressionContent } from './output-message.ts';
import type { ExecuteContent } from './requests.ts';
import type { Content, Header, Message } from './wire-message.ts';

/** As a notebook's page has room for, and without colours, which its file would be full of. */
export const NOTEBOOK_LOOK: Look = { colors: false, columns: 100 };

export interface Execution {
  readonly message: Message;
  readonly asked: ExecuteContent;
  reply(content: Content): void;
}

interface ExecutionParts {
  readonly iopub: Iopub;
  readonly session: Promise<KernelSession>;
  readonly history: KernelHistory;
  /** A cell wants the kernel to end. */
  exit(): void;
}

/** Lines with a dot that are the front end's own. */
const OWN_COMMAND = /^\s*\.(clear|exit|top)\s*$/;

export class Executions {
  readonly #parts: ExecutionParts;
  readonly #waiting = new Set<Execution>();
  readonly #aborted = new Set<Execution>();
  #last: Promise<unknown> = Promise.resolve();
  #running: Running | null = null;
  #lastHeader: Header | null = null;
  #count = 0;

  constructor(parts: ExecutionParts) {
    this.#parts = parts;
  }

  /** Of the cell that runs, or of the last one: under it stands what belongs to none. */
  get header(): Header | null {
    return this.#lastHeader;
  }

  /** Who can be asked what the cell that runs wants to know; null: nobody. */
  asker(id: string): Message | null {
    const { message } = this.#running?.execution ?? {};
    return message?.header.msg_id === id ? message : null;
  }

  take(execution: Execution): void {
    this.#waiting.add(execution);
    this.#last = this.#last.then(() => this.#execute(execution));
  }

  /** What the session has put out. Whether it is shown is for the cell to say. */
  isShown(output: Output): boolean {
    return !('parent' in output) || output.parent !== this.#running?.id || this.#running.takes(output);
  }

  async #execute(execution: Execution): Promise<void> {
    const { iopub } = this.#parts;
    const { message, asked, reply } = execution;
    this.#waiting.delete(execution);
    iopub.status('busy', message.header);
    try {
      if (this.#aborted.delete(execution)) {
        reply({ status: 'aborted' });
        return;
      }
      this.#lastHeader = message.header;
      const content = await this.#run(execution);
      iopub.flush();
      reply(content);
      if (content.status !== 'error' || !asked.stop_on_error) return;
      for (const waiting of this.#waiting) this.#aborted.add(waiting);
    } catch (error) {
      // The kernel ends, too, and says why.
      if (!(error instanceof SessionEnded)) throw error;
    } finally {
      iopub.status('idle', message.header);
    }
  }

  async #run(execution: Execution): Promise<Content> {
    const { message, asked } = execution;
    const [, own] = OWN_COMMAND.exec(asked.code) ?? [];
    if (own !== undefined) return this.#runOwn(own, message.header);
    const running = new Running(execution);
    this.#running = running;
    try {
      const { client } = await this.#parts.session;
      const { status, count, expressions } = await client.ask(
        'execute_request',
        {
          code: asked.code,
          silent: asked.silent,
          isKept: asked.store_history,
          canAnswer: asked.allow_stdin,
          expressions: asked.user_expressions,
          // Which of those that wait are given up is said here: it is for the one that fails to say.
          stopOnError: false,
          look: NOTEBOOK_LOOK,
        },
        message.header.msg_id,
      );
      this.#count = count;
      if (asked.store_history && !asked.silent) this.#parts.history.add(count, asked.code, running.shown);
      const common = { execution_count: count, payload: running.pages, user_expressions: {} };
      if (status !== 'ok') return { ...common, status, ...running.failure };
      const values = Object.entries(expressions).map(([name, value]) => [name, expressionContent(value)]);
      return { ...common, status, user_expressions: Object.fromEntries(values) };
    } finally {
      this.#running = null;
    }
  }

  #runOwn(name: string, parent: Header): Content {
    const { iopub, exit } = this.#parts;
    const payload: Content[] = [];
    if (name === 'clear') iopub.publish({ type: 'clear_output', content: { wait: false }, parent });
    if (name === 'top')
      iopub.print('stdout', '`servelab top` in a terminal shows it; it wants a screen of its own\n', parent);
    if (name === 'exit') {
      payload.push({ source: 'ask_exit', keepkernel: false });
      exit();
    }
    return { status: 'ok', execution_count: this.#count, payload, user_expressions: {} };
  }
}

/** A cell while it runs, and what of its outputs is a part of its reply. */
class Running {
  readonly execution: Execution;
  readonly id: string;
  readonly pages: Content[] = [];
  failure: Content = {};
  /** Its result as text. */
  shown: string | null = null;
  readonly #isQuestion: boolean;

  constructor(execution: Execution) {
    this.execution = execution;
    this.id = execution.message.header.msg_id;
    this.#isQuestion = questionIn(execution.asked.code) !== null;
  }

  /** Whether it is shown below the cell, too. */
  takes(output: Output): boolean {
    if (output.type === 'error') this.failure = errorContent(output);
    if (output.type !== 'execute_result') return true;
    this.shown = output.data['text/plain'];
    if (!this.#isQuestion) return true;
    // As IPython's: help has a place of its own.
    this.pages.push(page(this.shown));
    return false;
  }
}

const page = (text: string): Content => ({ source: 'page', data: { 'text/plain': text }, start: 0 });
