import { type InspectOptions, inspect, stripVTControlCharacters } from 'node:util';
import { ServeError } from '../lib/index.ts';

const ownCode = new URL('..', import.meta.url).href;

/** An error as its user needs it: ours as `CODE message`, with frames of the user's code and not of the toolkit's or Node's. */
export function errorText(error: unknown, options: InspectOptions = {}): string {
  if (!(error instanceof ServeError)) return withoutOwnFrames(inspect(error, options));
  const frames = (error.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line));
  const whole = [`${error.code} ${error.message}`, ...frames].join('\n');
  return withoutOwnFrames(whole) + causeText(error, options);
}

/** Its cause is what a user's own code threw. */
export const isUsersOwn = ({ code, cause }: ServeError): boolean =>
  cause !== undefined && (code === 'BACKEND_ERROR' || code === 'BACKEND_START_FAILED');

/** Of the system's errors the message says all: where in Node it came up, and its fields again, tell nobody anything. */
function causeText(error: ServeError, options: InspectOptions): string {
  const { cause } = error;
  if (cause === undefined) return '';
  const isSystems = cause instanceof Error && 'syscall' in cause && 'errno' in cause;
  if (isSystems && !isUsersOwn(error)) return `\n  cause: ${cause.message}`;
  return `\n  [cause]: ${errorText(cause, options)}`;
}

/** The last frame's line may open the braces around the error's own fields, so these stay where that line goes. */
function withoutOwnFrames(text: string): string {
  let kept = '';
  for (const line of text.split('\n')) {
    if (!isOwnFrame(line)) kept += `\n${line}`;
    else if (line.endsWith(' {')) kept += ' {';
  }
  return kept.slice(1);
}

/** Of what calls the user's code, too. In colours, which `inspect` puts even into a path. */
function isOwnFrame(line: string): boolean {
  const frame = stripVTControlCharacters(line).trimStart();
  return frame.startsWith('at ') && (frame.includes(ownCode) || /[ (]node:|\/commander\/lib\//.test(frame));
}
