/**
 * The program of a process that keeps the host of a detached instance up: when that ends unasked, it is started again
 * from what the instance has kept. It does nothing else, so that nothing can go wrong in it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
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
    if (isEnding || hasFailed || code === HOST_EXIT.ended || code === HOST_EXIT.notNeeded) process.exit(code ?? 0);
    if (performance.now() - startedAt > LASTING_MS) pauseMs = 0;
    say(`ended with ${signal ?? code}; it is started again ${pauseMs === 0 ? 'now' : `in ${pauseMs} ms`}`);
    waiting = setTimeout(run, pauseMs, 'again');
    pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, 2 * pauseMs));
  });
}

function end(): void {
  isEnding = true;
  clearTimeout(waiting);
  if (host.exitCode !== null || host.signalCode !== null) process.exit(0);
  host.kill('SIGTERM');
}

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString()} servelab: instance '${name}' ${text}\n`);
}
