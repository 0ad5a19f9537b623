/** What a cell has to show more than its result: `display`, `clearOutput`; and `input`, to ask whoever runs it. */
import { ServeError } from '../../lib/index.ts';
import { newId } from '../new-id.ts';
import type { Look, MimeBundle, Output } from './protocol.ts';
import type { ShownPictures } from './shown-pictures.ts';

/** What has been shown. */
export interface Displayed {
  readonly id: string;
  /** Shows another value in its place, wherever it is shown. */
  update(value: unknown, given?: { readonly raw?: boolean }): void;
}

/** As the value of a cell it is not shown again. */
export class DisplayedByCell implements Displayed {
  readonly id: string;
  readonly #show: (value: unknown, raw: boolean | undefined) => void;

  constructor(id: string, show: (value: unknown, raw: boolean | undefined) => void) {
    this.id = id;
    this.#show = show;
  }

  update(value: unknown, { raw }: { readonly raw?: boolean } = {}): void {
    this.#show(value, raw);
  }
}

export interface DisplayGiven {
  /** Of what may be updated later; what has the same is updated together. */
  readonly id?: string;
  /** The value is a bundle itself: what to show, by MIME type. */
  readonly raw?: boolean;
}

interface CellFunctionParts {
  readonly output: { readonly cell: string | null };
  look(): Look;
  publish(output: Output): void;
  readonly pictures: ShownPictures;
}

export class CellFunctions {
  readonly #parts: CellFunctionParts;
  readonly #answerable = new Set<string>();
  readonly #questions = new Map<string, (text: string) => void>();

  constructor(parts: CellFunctionParts) {
    this.#parts = parts;
  }

  /** Runs what may ask its user. */
  async asking<T>(cell: string, work: () => Promise<T>): Promise<T> {
    this.#answerable.add(cell);
    try {
      return await work();
    } finally {
      this.#answerable.delete(cell);
    }
  }

  /** Nobody waits any more for one whose cell was interrupted. */
  answer(question: string, text: string): void {
    this.#questions.get(question)?.(text);
    this.#questions.delete(question);
  }

  readonly display = (value: unknown, { id = newId(), raw = false }: DisplayGiven = {}): Displayed => {
    this.#show('display_data', id, value, raw);
    return new DisplayedByCell(id, (next, given = raw) => this.#show('update_display_data', id, next, given));
  };

  readonly clearOutput = ({ wait = false }: { readonly wait?: boolean } = {}): void => {
    this.#parts.publish({ type: 'clear_output', parent: this.#parts.output.cell, wait });
  };

  readonly input = async (prompt = '', { secret = false }: { readonly secret?: boolean } = {}): Promise<string> => {
    const { cell } = this.#parts.output;
    if (cell === null || !this.#answerable.has(cell)) {
      const way = 'assign the value in the cell';
      throw new ServeError('INVALID_ARGUMENT', `whoever runs this cell cannot be asked '${prompt}'; ${way}`);
    }
    const question = newId();
    const answered = new Promise<string>((resolve) => this.#questions.set(question, resolve));
    this.#parts.publish({ type: 'input_request', parent: cell, question, prompt, isSecret: secret });
    return answered;
  };

  #show(type: 'display_data' | 'update_display_data', display: string, value: unknown, isRaw: boolean): void {
    const { pictures, look, publish, output } = this.#parts;
    const bundle = (): MimeBundle =>
      type === 'display_data' ? pictures.result(value, look(), display) : pictures.updated(value, look(), display);
    publish({ type, parent: output.cell, display, data: isRaw ? rawBundle(value) : bundle() });
  }
}

/** With a text for where nothing else can be shown; bytes are base64 in JSON, as Jupyter has them. */
function rawBundle(value: unknown): MimeBundle {
  if (typeof value !== 'object' || value === null) {
    throw new ServeError('INVALID_ARGUMENT', `raw wants an object like { 'text/html': '…' }, got ${typeof value}`);
  }
  const entries = Object.entries(value).map(([type, data]) => [
    type,
    data instanceof Uint8Array ? Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64') : data,
  ]);
  return { 'text/plain': `[${Object.keys(value).join(', ')}]`, ...Object.fromEntries(entries) };
}
