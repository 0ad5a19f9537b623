/** Which of the forms of an output a document shows. */
import { type CellOutput, isObject, type JsonObject, type JsonValue } from './model.ts';

export type ShownOutput =
  | { readonly type: 'image'; readonly mime: string; readonly base64: string }
  | { readonly type: 'html' | 'markdown' | 'text' | 'error' | 'json'; readonly text: string }
  | { readonly type: 'stream'; readonly name: string; readonly text: string };

/** The best one first. An interactive chart comes with a picture of itself. */
const MIMES = ['image/svg+xml', 'image/png', 'image/jpeg', 'image/gif', 'image/webp', 'text/html', 'text/markdown'];

/** Null: there is nothing to see. */
export function shownOutput(output: CellOutput): ShownOutput | null {
  switch (output.output_type) {
    case 'stream':
      return { type: 'stream', name: String(output.name), text: textOf(output.text) };
    case 'error':
      return { type: 'error', text: errorText(output) };
    default:
      return isObject(output.data) ? shownData(output.data) : null;
  }
}

function shownData(data: JsonObject): ShownOutput | null {
  const mime = MIMES.find((one) => typeof data[one] === 'string');
  const value = mime === undefined ? '' : textOf(data[mime]);
  if (mime === 'image/svg+xml') return { type: 'image', mime, base64: Buffer.from(value).toString('base64') };
  if (mime?.startsWith('image/')) return { type: 'image', mime, base64: value.replaceAll(/[^a-zA-Z0-9+/=]/g, '') };
  if (mime === 'text/html') return { type: 'html', text: value };
  if (mime === 'text/markdown') return { type: 'markdown', text: value };
  if (data['text/plain'] !== undefined) return { type: 'text', text: textOf(data['text/plain']) };
  const json = data['application/json'];
  return json === undefined ? null : { type: 'json', text: JSON.stringify(json, null, 2) };
}

function errorText({ traceback, ename, evalue }: CellOutput): string {
  const lines = Array.isArray(traceback) ? traceback.map(textOf) : [];
  return lines.length > 0 ? lines.join('\n') : `${textOf(ename)}: ${textOf(evalue)}`;
}

const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : String(value ?? ''));
