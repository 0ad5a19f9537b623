/** What notebooks have that a terminal can do without: displays, questions to the user, comms. */
import { chartsWith } from '../charts/load-charts.ts';
import type { CapturedOutput } from './captured-output.ts';
import { CellFunctions, DisplayedByCell } from './cell-functions.ts';
import { Comms } from './comms.ts';
import { LiveCharts } from './live-charts.ts';
import type { AnswerRequest, CommInfoRequest, CommRequest, Look, Output, Reply } from './protocol.ts';
import type { ShownPictures } from './shown-pictures.ts';

interface NotebookParts {
  readonly output: CapturedOutput;
  look(): Look;
  /** Of the cell that runs. */
  signal(): AbortSignal;
  publish(output: Output): void;
  readonly pictures: ShownPictures;
  /** By the code behind a comm, or a chart. */
  threw(error: unknown, parent: string | null): void;
}

export class NotebookFunctions {
  readonly #parts: NotebookParts;
  readonly #cell: CellFunctions;
  readonly #comms: Comms;
  readonly #charts: LiveCharts;

  constructor(parts: NotebookParts) {
    this.#parts = parts;
    this.#cell = new CellFunctions(parts);
    this.#comms = new Comms(parts.publish, parts.output);
    this.#charts = new LiveCharts({ ...parts, display: this.#cell.display });
  }

  get globals() {
    const { display, clearOutput, input } = this.#cell;
    return { display, clearOutput, input, comms: this.#comms.functions, chart: chartsWith(this.#charts.live) };
  }

  /** Runs a cell whose user can be asked. */
  asking<T>(cell: string, work: () => Promise<T>): Promise<T> {
    return this.#cell.asking(cell, work);
  }

  /** Whether the cell shows it by itself. */
  isShownBy(cell: string, value: unknown): boolean {
    return value instanceof DisplayedByCell || this.#charts.isOf(cell, value);
  }

  /** The cell is at its end. */
  end(cell: string): void {
    this.#charts.endOf(cell);
  }

  take(request: AnswerRequest | CommRequest | CommInfoRequest): Reply {
    const { id } = request;
    switch (request.type) {
      case 'answer_request':
        this.#cell.answer(request.question, request.text);
        return { type: 'answer_reply', parent: id };
      case 'comm_request':
        this.#takeComm(request);
        return { type: 'comm_reply', parent: id };
      case 'comm_info_request':
        return { type: 'comm_info_reply', parent: id, comms: this.#comms.open };
    }
  }

  /** What its taker prints belongs to the message. */
  #takeComm({ id, type: _type, ...message }: CommRequest): void {
    try {
      this.#parts.output.within(id, () => this.#comms.take(message));
    } catch (error) {
      this.#parts.threw(error, id);
    }
  }
}
