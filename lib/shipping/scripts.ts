import { fileURLToPath } from 'node:url';
import { getCallSites } from 'node:util';
import type { Inspection, Place } from './inspection.ts';
import type { Origin } from './shipment.ts';

const NEWLINE = /\r\n|[\n\r\u2028\u2029]/;
const MOST_TEXTS = 20;

/** Names of scripts by their ids, of those that are on the stack right now. Costs little, unlike asking V8. */
export type CallingScripts = ReadonlyMap<string, string>;

export function callingScripts(): CallingScripts {
  return new Map(
    getCallSites(10, { sourceMap: false }).map(({ scriptId, scriptName }) => [String(scriptId), scriptName]),
  );
}

interface ScriptText {
  readonly lines: readonly string[];
  readonly text: string;
  readonly startLine: number;
  readonly startColumn: number;
}

/** What is known of this thread's scripts. A script never changes, so all of it is kept but the longer texts. */
export class Scripts {
  readonly #files = new Map<string, string>();
  readonly #texts = new Map<string, ScriptText>();

  learn(names: CallingScripts): void {
    for (const [id, name] of names) if (name) this.#files.set(id, name);
  }

  /** As Node shows it in stacks: a file URL for an ES module, a path for CommonJS, `REPL1`; '' = it has no name. */
  fileOf(scriptId: string, inspection: Inspection): string {
    if (!this.#files.has(scriptId)) {
      inspection.withScripts((scripts) => {
        for (const script of scripts) {
          const { url, isModule } = script;
          // The inspector gives every file as a URL; stacks show a path for anything but an ES module.
          const file = url.startsWith('file:') && isModule !== true ? fileURLToPath(url) : url;
          if (!this.#files.has(script.scriptId)) this.#files.set(script.scriptId, file);
        }
      });
    }
    return this.#files.get(scriptId) ?? '';
  }

  textOf(scriptId: string, inspection: Inspection): string {
    return this.#readText(scriptId, inspection).text;
  }

  /**
   * Where a source starts. V8's place of a function lies inside its source; `before` is the source up to there. A
   * source that goes on behind a line's end has the rest of that line as its first: its start follows from the end.
   */
  originOf({ scriptId, lineNumber, columnNumber }: Place, before: string, inspection: Inspection): Origin | null {
    const file = this.fileOf(scriptId, inspection);
    if (file === '') return null;
    const lines = before.split(NEWLINE);
    const line = lineNumber - lines.length + 1;
    const end = lines.length === 1 ? columnNumber : this.#endOfLine(scriptId, line, inspection);
    return { file, line: line + 1, column: end - (lines[0] ?? '').length + 1 };
  }

  /** Where a place is in its script's text. */
  indexOf({ scriptId, lineNumber, columnNumber }: Place, inspection: Inspection): number {
    const { lines, startLine, startColumn, text } = this.#readText(scriptId, inspection);
    const inScript = lineNumber - startLine;
    let index = columnNumber - (inScript === 0 ? startColumn : 0);
    for (let at = 0, line = 0; line < inScript; line++) {
      at += (lines[line] ?? '').length;
      const mark = text.startsWith('\r\n', at) ? 2 : 1;
      at += mark;
      index += (lines[line] ?? '').length + mark;
    }
    return index;
  }

  #endOfLine(scriptId: string, line: number, inspection: Inspection): number {
    const { lines, startLine, startColumn } = this.#readText(scriptId, inspection);
    const inScript = line - startLine;
    return (lines[inScript]?.length ?? 0) + (inScript === 0 ? startColumn : 0);
  }

  #readText(scriptId: string, inspection: Inspection): ScriptText {
    const known = this.#texts.get(scriptId);
    if (known) return known;
    const read = inspection.withScripts((scripts, textOf) => {
      const { startLine = 0, startColumn = 0 } = scripts.find((script) => script.scriptId === scriptId) ?? {};
      const text = textOf(scriptId);
      return { text, lines: text.split(NEWLINE), startLine, startColumn };
    });
    if (this.#texts.size >= MOST_TEXTS) this.#texts.clear();
    this.#texts.set(scriptId, read);
    return read;
  }
}
