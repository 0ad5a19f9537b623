/** How a replica's process ended, in words for whoever runs it. */
import { escapeControls } from '../domain/printable.ts';
import { death } from './death.ts';

export interface ProcessEnd {
  /** Why it could not be started at all; null: it was. */
  readonly failure: NodeJS.ErrnoException | null;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The end of what it printed as errors. */
  readonly output: string;
}

/** Of what a process printed last so much is told when it did not come up, in lines. */
const LAST_LINES = 10;

/** Pure. `hasServed`: whether it had come up; else what it printed last is told, too. */
export function deathOf(end: ProcessEnd, hasServed: boolean): Error {
  if (end.failure) return death(`its process could not be started: ${failureIn(end.failure)}`, end.failure);
  const memory = /^.*(?:heap out of memory|Fatal process out of memory).*$/m.exec(end.output)?.[0];
  if (memory) return death(`out of memory: ${escapeControls(memory.trim())}`);
  if (hasServed)
    return death(end.signal === null ? `its code called process.exit(${end.code})` : signalled(end.signal));
  const how = end.signal === null ? `its process ended with exit code ${end.code}` : signalled(end.signal);
  return death(`${how} before it was ready${lastWords(end.output)}`);
}

function signalled(signal: NodeJS.Signals): string {
  switch (signal) {
    case 'SIGABRT':
      return 'its process aborted (SIGABRT, by process.abort() or a failed check in native code)';
    case 'SIGSEGV':
    case 'SIGBUS':
    case 'SIGILL':
    case 'SIGFPE':
    case 'SIGTRAP':
      return `its process crashed (${signal}, a fault in native code)`;
    case 'SIGKILL':
      return 'its process was killed (SIGKILL, by somebody else or by a system short of memory)';
    default:
      return `its process was ended by ${signal}`;
  }
}

function failureIn(failure: NodeJS.ErrnoException): string {
  const hint = HINTS[String(failure.code)];
  return hint ? `${failure.message}: ${hint}` : failure.message;
}

const HINTS: Readonly<Record<string, string>> = {
  E2BIG: 'its environment is too large; make envVars smaller, or read the values from a file',
  EACCES: 'that Node binary cannot be executed',
  EAGAIN: 'the system allows no more processes (see `ulimit -u`)',
  EMFILE: 'this process may open no more files (see `ulimit -n`)',
  ENFILE: 'the system may open no more files',
  ENOENT: 'there is no such Node binary',
  ENOMEM: 'the system has no memory left',
};

function lastWords(output: string): string {
  const lines = output.split('\n').map((line) => escapeControls(line).trimEnd());
  const last = lines.filter((line) => line !== '').slice(-LAST_LINES);
  return last.length === 0 ? '' : `. It said last:\n  ${last.join('\n  ')}`;
}
