/** What a stream is given to write, as something that can be cut into lines. */
export type PrintedText = string | Uint8Array;

/** Null = nothing that a stream takes, which is for the stream itself to say. */
export function printedText(chunk: unknown, encoding: unknown): PrintedText | null {
  if (typeof chunk === 'string') {
    if (encoding === undefined || encoding === null || encoding === 'utf8' || encoding === 'utf-8') return chunk;
    return typeof encoding === 'string' && Buffer.isEncoding(encoding) ? Buffer.from(chunk, encoding) : null;
  }
  if (chunk instanceof Uint8Array) return chunk;
  return ArrayBuffer.isView(chunk) ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength) : null;
}

export const byteLengthOf = (text: PrintedText): number =>
  typeof text === 'string' ? Buffer.byteLength(text) : text.byteLength;

export const cut = (text: PrintedText, from: number, to?: number): PrintedText =>
  typeof text === 'string' ? text.slice(from, to) : text.subarray(from, to);

/** Where the line that `from` is in ends, its line break included; null = it goes on. */
export function endOfLine(text: PrintedText, from: number): number | null {
  const at = typeof text === 'string' ? text.indexOf('\n', from) : text.indexOf(0x0a, from);
  return at < 0 ? null : at + 1;
}

export const endsLine = (text: PrintedText): boolean =>
  typeof text === 'string' ? text.endsWith('\n') : text.at(-1) === 0x0a;

/** The lines in it, one that goes on behind it included. */
export function countLines(text: PrintedText): number {
  let count = endsLine(text) ? 0 : 1;
  for (let end = endOfLine(text, 0); end !== null; end = endOfLine(text, end)) count += 1;
  return count;
}
