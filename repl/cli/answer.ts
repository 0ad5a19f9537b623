/** What a query was answered with, on stdout. */
import { ServeError } from '../../lib/index.ts';
import { jsonText, write } from './output.ts';

export interface AnswerOptions {
  /** Texts in quotes, bytes in base64. */
  readonly asJson: boolean;
  /** Streams end when it aborts. */
  readonly signal: AbortSignal;
}

/** Rejects with NOT_SERIALIZABLE for what has no JSON form, and with what a stream fails with. */
export async function writeAnswer(answer: unknown, options: AnswerOptions): Promise<void> {
  const value = answer instanceof Response ? answer.body : answer;
  if (value instanceof ReadableStream) await writeStream(value, options);
  else if (value !== undefined && !(answer instanceof Response)) await writeValue(value, options, true);
}

async function writeStream(stream: ReadableStream<unknown>, options: AnswerOptions): Promise<void> {
  const reader = stream.getReader();
  const cancel = (): void => void reader.cancel().catch(() => {}); // whoever writes it has gone
  options.signal.addEventListener('abort', cancel);
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    await writeValue(next.value, options, false);
  }
  options.signal.throwIfAborted();
}

/** `isWhole`: at a terminal the prompt then begins on a line of its own. */
async function writeValue(value: unknown, { asJson }: AnswerOptions, isWhole: boolean): Promise<void> {
  const bytes = bytesOf(value);
  if (asJson) await write(`${jsonText(bytes === null ? jsonable(value) : bytes.toString('base64'))}\n`);
  else if (bytes !== null) await write(bytes);
  else if (typeof value !== 'string') await write(`${jsonText(jsonable(value))}\n`);
  else await write(isWhole && process.stdout.isTTY && !value.endsWith('\n') ? `${value}\n` : value);
}

function bytesOf(value: unknown): Buffer | null {
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return null;
}

/** As over HTTP: lists of numbers for typed arrays, and nothing dropped in silence. `above`: what it is in. */
function jsonable(value: unknown, above: readonly object[] = []): unknown {
  if (typeof value === 'bigint') throw noJson('a BigInt');
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value))
    return Array.from(value instanceof DataView ? viewBytes(value) : (value as Uint8Array));
  if (value instanceof Map || value instanceof Set) throw noJson(value instanceof Map ? 'a Map' : 'a Set');
  if (above.includes(value)) throw noJson('an object inside itself');
  const inside = [...above, value];
  if (Array.isArray(value)) return value.map((item) => jsonable(item, inside));
  if ('toJSON' in value) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonable(item, inside)]));
}

const viewBytes = ({ buffer, byteOffset, byteLength }: DataView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

const noJson = (found: string): ServeError =>
  new ServeError(
    'NOT_SERIALIZABLE',
    `the answer has no JSON form: it holds ${found}; return something else, or call it from a script`,
  );
