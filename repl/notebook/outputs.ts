/** What cells put out, as a notebook keeps it. */
import type { MimeBundle, Output } from '../session/protocol.ts';
import type { CellOutput, JsonObject, JsonValue } from './model.ts';

type Kept = { -readonly [Key in keyof JsonObject]: JsonValue };

export class CellOutputs {
  readonly #cells = new Map<string, Kept[]>();
  /** Of what may be updated, everything that shows it. */
  readonly #displays = new Map<string, Kept[]>();
  /** Cells whose outputs go when the next one comes. */
  readonly #clearing = new Set<string>();
  #current: string | null = null;

  /** What nobody says a cell of belongs to this one from now on. */
  begin(cell: string): void {
    this.#cells.set(cell, []);
    this.#current = cell;
  }

  of(cell: string): readonly CellOutput[] {
    return this.#cells.get(cell) ?? [];
  }

  take(output: Output): void {
    const parent = 'parent' in output ? (output.parent ?? this.#current) : null;
    const outputs = parent === null ? undefined : this.#cells.get(parent);
    if (parent === null || outputs === undefined) return;
    if (PUT_OUT.includes(output.type) && this.#clearing.delete(parent)) outputs.splice(0);
    switch (output.type) {
      case 'clear_output':
        if (output.wait) this.#clearing.add(parent);
        else outputs.splice(0);
        return;
      case 'stream':
        addText(outputs, output.name, output.text);
        return;
      case 'execute_result':
        outputs.push({ ...shown(output.data), output_type: 'execute_result', execution_count: output.count });
        return;
      case 'display_data':
      case 'update_display_data':
        this.#show(outputs, output.type, output.display, output.data);
        return;
      case 'error':
        outputs.push({
          output_type: 'error',
          ename: output.name,
          evalue: output.message,
          traceback: output.text.split('\n'),
        });
    }
  }

  #show(outputs: Kept[], type: 'display_data' | 'update_display_data', display: string | null, data: MimeBundle): void {
    const others = (display === null ? undefined : this.#displays.get(display)) ?? [];
    for (const other of others) Object.assign(other, shown(data));
    if (type === 'update_display_data') return;
    const kept: Kept = { ...shown(data), output_type: 'display_data' };
    outputs.push(kept);
    if (display !== null) this.#displays.set(display, [...others, kept]);
  }
}

/** What is seen below a cell, and takes the place of what was to be cleared. */
const PUT_OUT: readonly Output['type'][] = ['stream', 'execute_result', 'display_data', 'error'];

/** Text of one stream stays in one piece, as Jupyter has it. */
function addText(outputs: Kept[], name: string, text: string): void {
  const last = outputs.at(-1);
  if (last?.output_type === 'stream' && last.name === name) last.text = `${last.text}${text}`;
  else outputs.push({ output_type: 'stream', name, text });
}

const shown = (data: MimeBundle): JsonObject => ({ data: data as JsonObject, metadata: {} });
