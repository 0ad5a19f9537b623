/** The process of a session. Its argument is a SessionTask. */
import { rmSync, writeSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Evaluator } from '../evaluate/evaluator.ts';
import { newInterrupts } from '../evaluate/interrupts.ts';
import { Assistant } from './assistant.ts';
import { CapturedOutput } from './captured-output.ts';
import type { ControlTask } from './control-thread.ts';
import { FrontEnds } from './front-ends.ts';
import { CONTROL_SOCKET, PROTOCOL, SESSION_SOCKET, type SessionTask } from './protocol.ts';
import { Session } from './session.ts';

const LISTENS_FD = 4;

const { directory, workingDirectory } = JSON.parse(process.argv[2] ?? '') as SessionTask;
// As at Node's own prompt, where there is no file that runs.
process.argv.splice(1);
// Our own frames are left out of what a user sees, so they must not use up the room for the user's.
Error.stackTraceLimit = 50;

const interrupts = newInterrupts();
const frontEnds = new FrontEnds({ protocol: PROTOCOL, version: process.version, pid: process.pid });
const evaluator = new Evaluator({
  directory: workingDirectory,
  interrupts,
  interrupted: () => session.interrupt(),
});
const output = new CapturedOutput((name, text, parent) => frontEnds.publish({ type: 'stream', parent, name, text }));
const assistant = new Assistant(evaluator, workingDirectory);
const session = new Session({
  evaluator,
  assistant,
  output,
  directory: workingDirectory,
  publish: (message) => frontEnds.publish(message),
  end: () => void end(),
});

// Whoever started it may be gone by then.
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
process.on('uncaughtException', (error) => session.threw(error));

const control = new Worker(new URL('./control-thread.js', import.meta.url), {
  workerData: { path: join(directory, CONTROL_SOCKET), interrupts } satisfies ControlTask,
});
// What is typed gives way to what is served; whoever interrupts it does not.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
control.on('message', (message: 'listening' | 'orphaned') => {
  if (message === 'orphaned') void end();
  else void listen();
});

async function listen(): Promise<void> {
  await frontEnds.listen(join(directory, SESSION_SOCKET), (request, reply) => session.take(request, reply));
  writeSync(LISTENS_FD, 'listening\n');
}

async function end(): Promise<never> {
  await evaluator.dispose().catch((error) => session.threw(error));
  await assistant.close();
  await frontEnds.close();
  process.exit();
}
