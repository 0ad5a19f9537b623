import type { Debugger, Session } from 'node:inspector';
import { fileURLToPath } from 'node:url';
import type { Callable } from './callable.ts';
import type { Origin } from './shipment.ts';

const GROUP = 'servelab-locate';
const NEWLINE = /\r\n|[\n\r\u2028\u2029]/;

interface Place {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/**
 * Where a function starts in the user's own file, as stacks show it; null when this Node cannot tell.
 *
 * V8's location of a function lies inside its source; `before` is the source up to there.
 * A session of the thread's own answers synchronously and leaves an attached debugger as it is.
 */
export function locate(target: Callable, before: string): Origin | null {
  const session = openSession();
  if (session === null) return null;
  try {
    const place = placeOf(session, target);
    return place === null ? null : originOf(session, place, before);
  } finally {
    session.disconnect();
  }
}

function openSession(): Session | null {
  try {
    const session = new (process.getBuiltinModule('node:inspector').Session)();
    session.connect();
    return session;
  } catch {
    // Node was built without the inspector or forbids it (`--permission`): stacks then name the backend, not the file.
    return null;
  }
}

/** The inspector takes values by expression only, so the function is a global for a moment, under a name of its own. */
function placeOf(session: Session, target: Callable): Place | null {
  const key = Symbol.for(`${GROUP}:target`);
  if (!Reflect.defineProperty(globalThis, key, { value: target, configurable: true })) return null;
  try {
    let place: unknown;
    const expression = `globalThis[Symbol.for('${GROUP}:target')]`;
    session.post('Runtime.evaluate', { expression, objectGroup: GROUP, silent: true }, (_error, found) => {
      const objectId = found?.result?.objectId;
      if (objectId === undefined) return;
      session.post('Runtime.getProperties', { objectId, ownProperties: true }, (_failure, properties) => {
        place = properties?.internalProperties?.find(({ name }) => name === '[[FunctionLocation]]')?.value?.value;
      });
    });
    return isPlace(place) ? place : null;
  } finally {
    // Remote objects are strong references.
    session.post('Runtime.releaseObjectGroup', { objectGroup: GROUP });
    Reflect.deleteProperty(globalThis, key);
  }
}

function originOf(session: Session, place: Place, before: string): Origin | null {
  const scripts = new Map<string, Debugger.ScriptParsedEventDataType>();
  session.on('Debugger.scriptParsed', ({ params }) => scripts.set(params.scriptId, params));
  session.post('Debugger.enable');
  try {
    const script = scripts.get(place.scriptId);
    if (script === undefined || script.url === '') return null;
    const lines = before.split(NEWLINE);
    const line = place.lineNumber - lines.length + 1;
    const first = lines[0] ?? '';
    const end = lines.length === 1 ? place.columnNumber : endOfLine(session, script, line);
    return { file: fileOf(script), line: line + 1, column: end - first.length + 1 };
  } finally {
    session.post('Debugger.disable');
  }
}

/** A source that goes on behind a line's end has the rest of that line as its first: its start follows from the end. */
function endOfLine(session: Session, script: Debugger.ScriptParsedEventDataType, line: number): number {
  let text = '';
  session.post('Debugger.getScriptSource', { scriptId: script.scriptId }, (_error, found) => {
    text = found?.scriptSource ?? '';
  });
  const inScript = line - script.startLine;
  return (text.split(NEWLINE)[inScript]?.length ?? 0) + (inScript === 0 ? script.startColumn : 0);
}

/** The inspector gives every file as a URL; stacks show a URL for an ES module and a path for anything else. */
const fileOf = ({ url, isModule }: Debugger.ScriptParsedEventDataType): string =>
  url.startsWith('file:') && isModule !== true ? fileURLToPath(url) : url;

const isPlace = (value: unknown): value is Place =>
  typeof value === 'object' && value !== null && 'scriptId' in value && 'lineNumber' in value;
