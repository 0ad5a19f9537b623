/** What commands print on stdout. What comes from elsewhere is escaped on its way, so that it cannot forge a line or drive a terminal. */
import { styleText } from 'node:util';
import { escapeControls } from '../../lib/index.ts';

type Style = Parameters<typeof styleText>[0];

/** A text, plain or in a colour, which only a terminal that wants colours sees. */
export type Piece = string | readonly [text: string, style: Style];

export function print(...pieces: readonly Piece[]): void {
  process.stdout.write(`${pieces.map((piece) => show(piece)).join('')}\n`);
}

/** In columns, each as wide as its widest piece, under a header. */
export function printTable(header: readonly string[], rows: readonly (readonly Piece[])[]): void {
  const table = [header.map((name): Piece => [name, 'bold']), ...rows];
  const widths = header.map((_, column) => Math.max(...table.map((row) => widthOf(row[column] ?? ''))));
  for (const row of table) {
    const padded = row.map((piece, column) => show(piece) + ' '.repeat((widths[column] ?? 0) - widthOf(piece)));
    process.stdout.write(`${padded.join('  ').trimEnd()}\n`);
  }
}

/** As JSON: on several lines for a reader, on one for a program. */
export function printJson(value: unknown): void {
  process.stdout.write(`${jsonText(value, process.stdout.isTTY ? 2 : 0)}\n`);
}

// What JSON leaves as it is and a terminal may take for more: C1 controls, marks of direction, invisible ones.
const UNPRINTABLE = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Pure ASCII where it matters; reads back as the same value. */
export const jsonText = (value: unknown, indent = 0): string =>
  (JSON.stringify(value, null, indent) ?? 'null').replace(UNPRINTABLE, (char) =>
    [...Array(char.length).keys()].map((at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );

const textOf = (piece: Piece): string => escapeControls(typeof piece === 'string' ? piece : piece[0]);

const widthOf = (piece: Piece): number => [...textOf(piece)].length;

const show = (piece: Piece): string =>
  typeof piece === 'string' ? textOf(piece) : styleText(piece[1], textOf(piece), { stream: process.stdout });

/** As it is: what is written is what its reader asked for. Resolves when there is room for more. */
export function write(data: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => process.stdout.write(data, () => resolve()));
}

/** What others print while this works, as replicas do, goes to stderr: stdout is a command's own. */
export async function withOwnStdout<T>(work: () => Promise<T>): Promise<T> {
  const { write } = process.stdout;
  process.stdout.write = process.stderr.write.bind(process.stderr);
  try {
    return await work();
  } finally {
    process.stdout.write = write;
  }
}

/** Resolves when the reader has taken everything. One that has left is waited for no more. */
export function written(output: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => output.write('', () => resolve()));
}

/** `head` has seen enough: that is no failure, and nobody is left to be told of one. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  process.stderr.on('error', () => {});
}
