/** What backends print, above the prompt of the one who tries them. */
import { StringDecoder } from 'node:string_decoder';
import { escapeControls } from '../../lib/index.ts';
import { followFile } from '../cli/followed-file.ts';

/** More would leave no room for anything else on the screen; `.logs` has them all. */
const MOST_LINES_PER_SECOND = 50;

/** Lines of the instance itself: `.events` has those. */
const IS_EVENT = /^\d{4}-\d\d-\d\dT[\d:.]+Z (?:info|warning|error) /;

/** From now on, until the signal aborts. */
export async function followPrinted(log: string, show: (text: string) => void, signal: AbortSignal): Promise<void> {
  const decoder = new StringDecoder('utf8');
  const shown = new Ration(show);
  let rest = '';
  await followFile(
    log,
    { lastLines: 0 },
    async (bytes) => {
      const lines = (rest + decoder.write(bytes)).split('\n');
      rest = lines.pop() ?? '';
      shown.take(lines.filter((line) => line !== '' && !IS_EVENT.test(line)));
    },
    signal,
  );
}

class Ration {
  readonly #show: (text: string) => void;
  #second = 0;
  #count = 0;
  #withheld = 0;

  constructor(show: (text: string) => void) {
    this.#show = show;
  }

  take(lines: readonly string[]): void {
    if (lines.length === 0) return;
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#count = 0;
    }
    const kept = lines.slice(0, Math.max(0, MOST_LINES_PER_SECOND - this.#count));
    this.#count += kept.length;
    if (kept.length > 0) this.#show(`${kept.map(escapeControls).join('\n')}\n`);
    if (kept.length < lines.length && this.#withheld === 0) {
      setTimeout(() => this.#tell(), 1000).unref();
    }
    this.#withheld += lines.length - kept.length;
  }

  #tell(): void {
    this.#show(`… ${this.#withheld} more lines: .logs\n`);
    this.#withheld = 0;
  }
}
