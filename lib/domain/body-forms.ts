/** A value sent by handle in the forms of a body, and a body in motion as a whole. */
import { ServeError } from '../errors.ts';

export const isBytes = (data: unknown): data is Uint8Array | ArrayBuffer =>
  data instanceof ArrayBuffer || ArrayBuffer.isView(data);

export const isRecord = (data: unknown): data is Record<string, unknown> =>
  typeof data === 'object' && data !== null && !isBytes(data) && !Array.isArray(data);

export function bytesOfData(data: unknown): Uint8Array {
  if (data === undefined || data === null) return new Uint8Array(0);
  if (typeof data === 'string') return new TextEncoder().encode(data);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new TextEncoder().encode(jsonOf(data));
}

function jsonOf(data: unknown): string {
  try {
    const text: string | undefined = JSON.stringify(data);
    if (text !== undefined) return text;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    const message = `the data sent by handle has no JSON form (${reason}), so it has no body; read request.data instead`;
    throw new ServeError('NOT_SERIALIZABLE', message, { cause: error });
  }
  throw new ServeError(
    'NOT_SERIALIZABLE',
    `the data sent by handle has no JSON form, being a ${typeof data}; read request.data`,
  );
}

export function formOf(data: Record<string, unknown>): FormData {
  const form = new FormData();
  for (const [key, value] of Object.entries(data)) {
    for (const item of Array.isArray(value) ? value : [value])
      form.append(key, item instanceof Blob ? item : String(item));
  }
  return form;
}

export async function collect(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.byteLength;
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
