/** An instance's log as lines, and which of them belong to a replica. */
import { StringDecoder } from 'node:string_decoder';
import { escapeControls } from '../lib/index.ts';
import { followFile, readFile } from './cli/followed-file.ts';

/** What begins a line that a replica has printed; the first group is its tag. */
const MARK = /^([A-Za-z0-9][\w.:-]*#\d+) \| /;

export type IsWanted = (line: string) => boolean;

/** Lines that it has printed, and those of the instance that name it; of a backend those of all its replicas. */
export function linesOf(name: string): IsWanted {
  const exact = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const tags = name.includes('#') ? exact : `${exact}(?:#\\d+)?`;
  const isOwn = new RegExp(`^${tags}$`);
  const names = new RegExp(`(?<![\\w.:#-])${tags}(?![\\w#-])`);
  return (line) => {
    const [, printer] = MARK.exec(line) ?? [];
    return printer === undefined ? names.test(line) : isOwn.test(printer);
  };
}

export interface LinesWanted {
  readonly isWanted: IsWanted;
  /** How many of the last ones, an integer >= 0 or Infinity. */
  readonly last: number;
  /** Goes on with those to come until this is aborted; null: with none. */
  readonly follow: AbortSignal | null;
}

/** Shows the lines of a log that are wanted, oldest first. One without an end is a line if nothing follows. */
export async function showLines(
  log: string,
  { isWanted, last, follow }: LinesWanted,
  show: (lines: readonly string[]) => void | Promise<void>,
): Promise<void> {
  const lines = new Lines();
  const kept: string[] = [];
  const keep = (some: readonly string[]): void => {
    for (const line of some) if (isWanted(line)) kept.push(line);
    if (kept.length > 2 * last + 1000) kept.splice(0, kept.length - last);
  };
  let at = 0;
  await readFile(log, 'start', async (bytes) => {
    at += bytes.length;
    keep(lines.take(bytes));
  });
  if (follow === null) keep(lines.rest);
  await show(kept.slice(Math.max(0, kept.length - last)));
  if (follow === null) return;
  await followFile(log, { at }, async (bytes) => show(lines.take(bytes).filter(isWanted)), follow);
}

/** Bytes as they come, as whole lines. */
class Lines {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  take(bytes: Buffer): readonly string[] {
    const lines = (this.#rest + this.#decoder.write(bytes)).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }

  /** The last, which has no end yet. */
  get rest(): readonly string[] {
    return this.#rest === '' ? [] : [this.#rest];
  }
}

/** What users' code has printed must not drive the terminal; line ends and tabs are harmless, and common. */
export const printable = (text: string): string => text.replace(/[^\n\t]+/g, escapeControls);

export const printableLines = (lines: readonly string[]): string =>
  lines.map((line) => `${printable(line)}\n`).join('');
