/**
 * The program of a process that keeps the host of a detached instance up: when that ends unasked, it is started again
 * from what the instance has kept. It does nothing else, so that nothing can go wrong in it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readHolder } from '../control/holder.ts';
import { stateDirectoryOf } from '../control/state-directory.ts';
import { HOST_EXIT } from '../host-exit.ts';

const HOST_FILE = fileURLToPath(new URL('./host.js', import.meta.url));
const STARTER = 3;
/** Before a start that follows one that did not last, in ms: doubled each time. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 30_000;
/** A host that has run for so long did well, in ms. */
const LASTING_MS = 1000;

const [name = ''] = process.argv.slice(2);
let host: ChildProcess;
let pauseMs = 0;
let isEnding = false;
let waiting: NodeJS.Timeout | undefined;

process.title = `servelab supervisor ${name}`;
process.on('SIGHUP', () => {}); // the terminal it was started from has closed
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, end);

run('first');
closeSync(STARTER); // whoever started it hears it when the host ends

function run(what: 'first' | 'again'): void {
  const startedAt = performance.now();
  const stdio =
    what === 'first'
      ? (['ignore', 'inherit', 'inherit', STARTER] as const)
      : (['ignore', 'inherit', 'inherit'] as const);
  host = spawn(process.execPath, [HOST_FILE, name, what], { stdio: [...stdio] });
  host.once('error', (error) => say(`could not be started: ${error.message}`));
  host.once('exit', (code, signal) => {
    const hasFailed = what === 'first' && code === HOST_EXIT.notStarted;
    if (isEnding || wasToldToEnd(signal) || code === HOST_EXIT.ended) endForGood(code);
    if (hasFailed || code === HOST_EXIT.notNeeded) process.exit(code);
    if (performance.now() - startedAt > LASTING_MS) pauseMs = 0;
    say(`ended with ${signal ?? code}; it is started again ${pauseMs === 0 ? 'now' : `in ${pauseMs} ms`}`);
    waiting = setTimeout(run, pauseMs, 'again');
    pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, 2 * pauseMs));
  });
}

function end(): void {
  isEnding = true;
  clearTimeout(waiting);
  if (host.exitCode !== null || host.signalCode !== null) endForGood(0);
  host.kill('SIGTERM');
}

/** By a signal that it did not handle: it had not begun to, or did not end soon enough for who sent it. */
const wasToldToEnd = (signal: NodeJS.Signals | null): boolean => signal === 'SIGTERM' || signal === 'SIGINT';

/** The socket of a host that was killed is there still, and clients would wait for the next. */
function endForGood(code: number | null): never {
  const { holder, socket } = stateDirectoryOf(name);
  if (readHolder(holder) === null) rmSync(socket, { force: true });
  process.exit(code ?? 0);
}

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString()} servelab: instance '${name}' ${text}\n`);
}
