/** Cells, one at a time, and all that belongs to them: what they put out, their results, what is known of their names. */
import { ServeError } from '../../lib/index.ts';
import type { CommandContext } from '../commands/command.ts';
import { Memory } from '../commands/memory.ts';
import { commandFunctions, isCommand, plainCall, runCommandLine } from '../commands/run-command.ts';
import { paint } from '../display/paint.ts';
import { Shown } from '../display/shown.ts';
import { errorText } from '../error-text.ts';
import { type Evaluated, Evaluator } from '../evaluate/evaluator.ts';
import { newId } from '../new-id.ts';
import { offerToNotebooks } from '../notebook-here.ts';
import { questionIn } from '../question.ts';
import type { Show } from '../script-functions.ts';
import type { Assistant } from './assistant.ts';
import type { CapturedOutput } from './captured-output.ts';
import { failureOutput } from './cell-failure.ts';
import type { CellRecord } from './cell-record.ts';
import { InstanceGlobals } from './globals.ts';
import { interruptible } from './interruptible.ts';
import { newcomerHint } from './newcomer-hint.ts';
import { NotebookFunctions } from './notebook-functions.ts';
import type { ExecuteRequest, InspectRequest, Look, MimeBundle, Output, Reply, Request } from './protocol.ts';
import { ShownPictures } from './shown-pictures.ts';
import { type ExpressionValues, valuesOf } from './user-expressions.ts';

interface SessionParts {
  readonly evaluator: Evaluator;
  readonly assistant: Assistant;
  readonly output: CapturedOutput;
  /** Where relative paths begin. */
  readonly directory: string;
  /** That it will work on; null: not known before it is connected. */
  readonly instance: string | null;
  publish(output: Output): void;
  /** There is an instance that serves. */
  connected(): void;
  /** To the end of the session. */
  end(): void;
}

/** As a terminal of nobody's in particular shows it. */
const PLAIN: Look = { colors: false, columns: 80 };

export class Session {
  readonly #parts: SessionParts;
  #count = 0;
  #last: Promise<unknown> = Promise.resolve();
  /** Asked for and not begun: they are given up when a cell before them fails. */
  readonly #waiting = new Set<string>();
  readonly #aborted = new Set<string>();
  /** Cells wait for the first instance. */
  readonly #connected = Promise.withResolvers<void>();
  readonly #cells: CellRecord[] = [];
  readonly #globals = new InstanceGlobals();
  readonly #notebook: NotebookFunctions;
  readonly #pictures: ShownPictures;
  #look = PLAIN;
  #memory = new Memory();
  /** Of the command that runs, or of a cell that waits for the instance. */
  #command: AbortController | null = null;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#pictures = new ShownPictures(() => this.#globals.instance ?? parts.instance);
    this.#notebook = new NotebookFunctions({
      ...parts,
      pictures: this.#pictures,
      look: () => this.#look,
      signal: () => parts.evaluator.signal,
      threw: (error, parent) => this.#publishError(error, parent),
    });
    const globals = { ...this.#notebook.globals, show: commandFunctions(() => this.#contextInCell()) as Show };
    Object.assign(globalThis, globals);
    offerToNotebooks(() => ({ ...globals, ...this.#globals.given }));
  }

  take(request: Request, reply: (reply: Reply) => void): void {
    switch (request.type) {
      case 'execute_request':
        if (request.stopOnError !== false) this.#waiting.add(request.id);
        this.#last = this.#last.then(() => this.#execute(request)).then(reply);
        return;
      case 'is_complete_request':
        reply({ type: 'is_complete_reply', parent: request.id, ...Evaluator.completeness(request.code) });
        return;
      case 'complete_request':
        void this.#parts.assistant
          .complete(request.code, request.cursor)
          .then((completed) => reply({ type: 'complete_reply', parent: request.id, ...completed }));
        return;
      case 'inspect_request':
        void this.#inspect(request).then((data) => reply({ type: 'inspect_reply', parent: request.id, data }));
        return;
      case 'connect_request':
        this.#globals.connect(request.instance).then(
          () => {
            this.#connected.resolve();
            this.#parts.connected();
            void this.#parts.assistant.follow(this.#globals.client).catch(() => undefined);
            void this.#parts.assistant.warmUp();
            reply({ type: 'connect_reply', parent: request.id, error: null });
          },
          (error) => reply({ type: 'connect_reply', parent: request.id, error: errorText(error) }),
        );
        return;
      case 'answer_request':
      case 'comm_request':
      case 'comm_info_request':
        reply(this.#notebook.take(request));
        return;
      case 'pictures_request':
        reply(this.#pictures.kept.answer(request));
        return;
      case 'shutdown_request':
        reply({ type: 'shutdown_reply', parent: request.id });
        this.#parts.end();
    }
  }

  /** Ends what waits: a cell, or a command. */
  interrupt(): void {
    this.#command?.abort();
    this.#parts.evaluator.interrupt();
  }

  /** What nobody awaited, or a callback threw. */
  threw(error: unknown): void {
    this.#publishError(error, this.#parts.output.cell);
  }

  async #execute(request: ExecuteRequest): Promise<Reply> {
    const { id, silent = false, isKept = true, look } = request;
    this.#waiting.delete(id);
    const reply = (status: 'ok' | 'error' | 'aborted', expressions: ExpressionValues = {}): Reply => ({
      ...{ type: 'execute_reply', parent: id, status, count: this.#count, expressions },
    });
    if (this.#aborted.delete(id)) return reply('aborted');
    this.#look = look;
    const isCounted = isKept && !silent;
    if (isCounted) this.#count++;
    this.#parts.publish({ type: 'status', parent: id, state: 'busy' });
    try {
      if (!silent) this.#parts.publish({ type: 'execute_input', parent: id, code: request.code, count: this.#count });
      if (request.needsInstance !== false) await this.#interruptible(() => this.#connected.promise);
      const work = (): Promise<Evaluated> => this.#parts.output.within(id, () => this.#run(request));
      const { value } = await (isCounted ? this.#recorded(request.code, work) : work());
      if (!silent) this.#publishResult(id, value);
      return reply('ok', await this.#expressionsOf(request));
    } catch (error) {
      this.#publishError(error, id, newcomerHint(request.code, error));
      if (!silent) Object.assign(globalThis, { _e: error });
      for (const waiting of this.#waiting) this.#aborted.add(waiting);
      return reply('error');
    } finally {
      this.#notebook.end(id);
      this.#pictures.forget();
      this.#parts.publish({ type: 'status', parent: id, state: 'idle' });
    }
  }

  async #run(request: ExecuteRequest): Promise<Evaluated> {
    const { id, code, file = `cell-${this.#count}.ts`, line = 1, silent = false, look } = request;
    if (isCommand(code)) return { value: await this.#runCommand(code) };
    const question = questionIn(code);
    if (question) return { value: await this.#help(question.expression, question.detail, look) };
    const { evaluator, assistant, publish } = this.#parts;
    if (!silent) {
      const found = await assistant.check(code);
      for (const { message, line, column } of found) {
        const text = paint(look, 'yellow', `${file}:${line}:${column} ${message}`);
        publish({ type: 'stream', parent: id, name: 'stderr', text: `${text}\n` });
      }
      if (assistant.mode === 'on' && found.length > 0) {
        throw new ServeError('INVALID_ARGUMENT', 'nothing was run; `.check warn` only says what is wrong');
      }
    }
    const evaluate = (): Promise<Evaluated> => evaluator.evaluate(code, { file, line });
    const evaluated = await (request.canAnswer ? this.#notebook.asking(id, evaluate) : evaluate());
    assistant.add(code);
    return evaluated;
  }

  #expressionsOf({ id, expressions = {}, look }: ExecuteRequest): Promise<ExpressionValues> {
    const { evaluator, output } = this.#parts;
    const evaluate = async (code: string): Promise<unknown> =>
      (await evaluator.evaluate(code, { file: 'expression.ts' })).value;
    return output.within(id, () => valuesOf(expressions, evaluate, look));
  }

  async #help(expression: string, detail: 0 | 1, look: Look): Promise<unknown> {
    const text = await this.#parts.assistant.inspect(expression, detail, look, this.#globals.client);
    if (text === null) throw new ReferenceError(`${expression} is not defined`);
    return new Shown(null, () => text);
  }

  async #inspect({ code, cursor, detail, look }: InspectRequest): Promise<MimeBundle | null> {
    const [expression = ''] = /[\p{ID_Continue}$.]*$/u.exec(code.slice(0, cursor)) ?? [];
    const [rest = ''] = /^[\p{ID_Continue}$]*/u.exec(code.slice(cursor)) ?? [];
    const text = await this.#parts.assistant.inspect(expression + rest, detail, look, this.#globals.client);
    return text === null ? null : { 'text/plain': text };
  }

  /** A cell that ran, with its end, among those that are kept. */
  async #recorded(code: string, work: () => Promise<Evaluated>): Promise<Evaluated> {
    const count = this.#count;
    this.#pictures.kept.begin(count, code);
    const startedAt = Date.now();
    const record = (status: CellRecord['status']): void => {
      this.#cells.push({ count, code, status, at: new Date(startedAt).toISOString(), ms: Date.now() - startedAt });
    };
    try {
      const evaluated = await work();
      record('ok');
      return evaluated;
    } catch (error) {
      record('error');
      throw error;
    }
  }

  #runCommand(code: string): Promise<unknown> {
    return this.#interruptible((signal) => runCommandLine(code, this.#commandContext(signal)));
  }

  async #interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const interrupt = new AbortController();
    this.#command = interrupt;
    try {
      return await interruptible(work, interrupt.signal);
    } finally {
      this.#command = null;
    }
  }

  /** For what opens a file: its cells are the session's own. */
  async #runCell(code: string, file: string, line: number, signal: AbortSignal): Promise<void> {
    const { evaluator, output } = this.#parts;
    this.#count++;
    const { value } = await this.#recorded(code, async () =>
      isCommand(code)
        ? { value: await runCommandLine(code, this.#commandContext(signal)) }
        : evaluator.evaluate(code, { file, line }),
    );
    this.#publishResult(output.cell ?? '', value);
  }

  #commandContext(signal: AbortSignal): CommandContext {
    const { assistant, evaluator, output, directory, publish } = this.#parts;
    const look = this.#look;
    const parent = output.cell;
    const shown = new Set<string>();
    return {
      ...{ client: this.#globals.client, look, signal, evaluator, directory, cells: this.#cells, memory: this.#memory },
      checks: assistant,
      print: (text) => publish({ type: 'stream', parent, name: 'stdout', text }),
      display: (value, id) => {
        const isUpdate = id !== undefined && shown.has(id);
        if (id !== undefined) shown.add(id);
        const type = isUpdate ? 'update_display_data' : 'display_data';
        publish({ type, parent, display: id ?? null, data: this.#pictures.displayed(value, look, id ?? null) });
      },
      evaluate: async (code, file, line = 1) => (await evaluator.evaluate(code, { file, line })).value,
      runCell: (code, file, line = 1) => this.#runCell(code, file, line, signal),
      plainCall,
      submit: null,
      connect: async (instance) => {
        await this.#globals.connect(instance);
        this.#memory = new Memory();
        publish({ type: 'instance', parent, name: instance });
      },
    };
  }

  /** Cells wait for one another: one that ran another would wait for itself. */
  #contextInCell(): CommandContext {
    const refuse = async (): Promise<never> => {
      throw new ServeError('INVALID_ARGUMENT', 'a cell cannot run another one; give a function instead of its text');
    };
    const submit = (code: string): void =>
      this.take({ type: 'execute_request', id: newId(), code, look: this.#look }, () => {});
    return { ...this.#commandContext(this.#parts.evaluator.signal), evaluate: refuse, runCell: refuse, submit };
  }

  #publishResult(id: string, value: unknown): void {
    if (value === undefined || this.#notebook.isShownBy(id, value)) return;
    Object.assign(globalThis, { _: value });
    this.#parts.publish({
      type: 'execute_result',
      parent: id,
      count: this.#count,
      data: this.#pictures.result(value, this.#look),
    });
  }

  #publishError(error: unknown, parent: string | null, hint: string | null = null): void {
    const { evaluator, publish } = this.#parts;
    const correctPlaces = (text: string): string => evaluator.correctPlaces(text);
    publish(failureOutput(error, { parent, look: this.#look, hint, correctPlaces }));
  }
}
