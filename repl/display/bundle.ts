/** A value as front ends show it, by MIME type. */
import { inspect, types } from 'node:util';
import { Client, ObjectRef } from '../../lib/index.ts';
import { errorText } from '../error-text.ts';
import type { Look, MimeBundle } from '../session/protocol.ts';
import { cutTableOf } from './cut-table.ts';
import { htmlOfList } from './html-table.ts';
import { paint } from './paint.ts';
import { withoutSecrets } from './secrets.ts';
import { DISPLAY, Shown } from './shown.ts';
import { listOf, tableOf } from './table.ts';
import { rowsOf } from './width.ts';

/** Of one value: about ten screens. */
const MOST_CHARACTERS = 20_000;
/** Of one text in it; `console.log` prints all of it. */
const MOST_OF_STRING = 1_000;
/** A list that takes more of a terminal becomes a table, even if its texts are cut. */
const MOST_ROWS = 24;

export function bundleOf(value: unknown, look: Look): MimeBundle {
  // Drawn four times a second for nobody, a load's picture would be a part of what the load measures.
  if (look.isTextOnly && value instanceof Shown) return { 'text/plain': textOf(value, look) };
  const own = ownBundle(value) ?? (look.isTextOnly ? null : tableBundle(value));
  const text = own?.['text/plain'];
  // Ours is as wide, and as colourful, as whoever asks.
  return { ...own, 'text/plain': typeof text === 'string' && !(value instanceof Shown) ? text : textOf(value, look) };
}

function tableBundle(value: unknown): Readonly<Record<string, unknown>> | null {
  const list = listOf(withoutSecrets(value));
  return list === null ? null : { 'text/html': htmlOfList(list) };
}

export function textOf(value: unknown, look: Look): string {
  if (types.isNativeError(value)) return errorText(value, { colors: look.colors });
  if (value instanceof Shown) return clipped(value.text(look));
  // What it knows are getters, which `inspect` does not run.
  if (value instanceof Client) return `Client ${inspected({ http: value.http }, look)}`;
  if (value instanceof ObjectRef)
    return toBeAwaited(`ObjectRef ${inspected({ requestId: value.requestId }, look)}`, look);
  if (isPending(value)) return toBeAwaited(inspected(value, look), look);
  const shown = withoutSecrets(value);
  const table = tableOf(shown, look);
  if (table !== null) return table;
  const text = inspected(shown, look);
  return (rowsOf(text, look.columns) > MOST_ROWS ? cutTableOf(shown, look) : null) ?? clipped(text);
}

const toBeAwaited = (text: string, look: Look): string =>
  `${text}  ${paint(look, 'dim', '`await` before it gives its value')}`;

/** Only `inspect` tells of a promise how it is. */
const isPending = (value: unknown): boolean =>
  types.isPromise(value) && !types.isProxy(value) && /^[^'"]*\{\s*<pending>/.test(inspect(value, { depth: 0 }));

const inspected = (value: unknown, { colors, columns }: Look): string =>
  inspect(value, { colors, breakLength: Math.min(Math.max(columns, 40), 120), maxStringLength: MOST_OF_STRING });

function clipped(text: string): string {
  if (text.length <= MOST_CHARACTERS) return text;
  const end = text.lastIndexOf('\n', MOST_CHARACTERS);
  const kept = text.slice(0, end > 0 ? end : MOST_CHARACTERS);
  const reset = text.includes('\x1b[') ? '\x1b[0m' : '';
  return `${kept}${reset}\n… ${text.length - kept.length} more characters; look at a part of it, or write it to a file`;
}

/** What the value says itself; a `display` of the user's that throws is an error of the cell. */
function ownBundle(value: unknown): Readonly<Record<string, unknown>> | null {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return null;
  const display: unknown = Reflect.get(value, DISPLAY);
  if (typeof display !== 'function') return null;
  const bundle: unknown = display.call(value);
  return typeof bundle === 'object' && bundle !== null ? (bundle as Readonly<Record<string, unknown>>) : null;
}
