/** A session in its process, from its first front end to its end. */
import { rmSync, writeSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { Evaluator } from '../evaluate/evaluator.ts';
import type { TypeServer } from '../types/type-server.ts';
import { Assistant, FIRST_GLOBALS } from './assistant.ts';
import { CapturedOutput } from './captured-output.ts';
import { FrontEnds } from './front-ends.ts';
import { LISTENING, PROTOCOL, READY_FD, SESSION_SOCKET, type SessionTask } from './protocol.ts';
import { Session } from './session.ts';

interface Control {
  /** Of its sockets; of mode 0700, and removed by who made it. */
  readonly directory: string;
  readonly interrupts: SharedArrayBuffer;
  /** Whoever started the session has gone. */
  readonly orphaned: Promise<void>;
}

/** Resolves when it listens. */
export async function liveSession(task: SessionTask, control: Control): Promise<void> {
  const { workingDirectory, instance = null, typesAreOff = false } = task;
  const { directory, interrupts, orphaned } = control;
  process.chdir(workingDirectory);
  const frontEnds = new FrontEnds({ protocol: PROTOCOL, version: process.version, pid: process.pid });
  const evaluator = new Evaluator({
    directory: workingDirectory,
    interrupts,
    interrupted: () => session.interrupt(),
  });
  const output = new CapturedOutput((name, text, parent) => frontEnds.publish({ type: 'stream', parent, name, text }));
  const assistant = new Assistant(evaluator, typesAreOff ? null : await typeServer(workingDirectory));
  const session = new Session({
    evaluator,
    assistant,
    output,
    directory: workingDirectory,
    instance,
    publish: (message) => frontEnds.publish(message),
    // What is typed gives way to what is served; the thread that interrupts it does not.
    connected: () => setPriority(constants.priority.PRIORITY_BELOW_NORMAL),
    end: () => void end(),
  });

  // Whoever started it may be gone by then.
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  process.on('uncaughtException', (error) => session.threw(error));
  void orphaned.then(end);

  await frontEnds.listen(join(directory, SESSION_SOCKET), (request, reply) => session.take(request, reply));
  writeSync(READY_FD, LISTENING);

  async function end(): Promise<never> {
    await evaluator.dispose().catch((error) => session.threw(error));
    await assistant.close();
    await frontEnds.close();
    process.exit();
  }
}

/** Loaded where somebody types. */
async function typeServer(directory: string): Promise<TypeServer> {
  const { TypeServer } = await import('../types/type-server.ts');
  return new TypeServer({ directory, globals: FIRST_GLOBALS });
}
