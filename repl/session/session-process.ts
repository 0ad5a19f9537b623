/** The process of a session. Its argument is the directory of its sockets; on stdin it gets its SessionTask. */
import { rmSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';
import { newInterrupts } from '../evaluate/interrupts.ts';
import type { ControlTask } from './control-thread.ts';
import { CONTROL_SOCKET, type SessionTask } from './protocol.ts';

// As in the command; for the thread below it must be on before that starts.
enableCompileCache();
const [, , directory = ''] = process.argv;
// As at Node's own prompt, where there is no file that runs.
process.argv.splice(1);
// Our own frames are left out of what a user sees, so they must not use up the room for the user's.
Error.stackTraceLimit = 50;

const interrupts = newInterrupts();
const controlled = Promise.withResolvers<void>();
const orphaned = Promise.withResolvers<void>();
const { liveSession } = await import('./session-life.ts');
// Not before: a cell can be run without that thread, so nobody is to wait while both are loaded.
const control = new Worker(new URL('./control-thread.js', import.meta.url), {
  workerData: { path: join(directory, CONTROL_SOCKET), interrupts } satisfies ControlTask,
});
control.on('message', (message: 'controlled' | 'orphaned') => {
  (message === 'orphaned' ? orphaned : controlled).resolve();
});

const task = await text(process.stdin);
if (task === '') {
  // Nobody needs it after all. What is made there meanwhile would be left.
  await controlled.promise;
  rmSync(directory, { recursive: true, force: true });
  process.exit();
}
await liveSession(JSON.parse(task) as SessionTask, {
  ...{ directory, interrupts, orphaned: orphaned.promise },
});
