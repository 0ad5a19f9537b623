/** Places to which shipments go. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Answer, Task } from './run-task.ts';

export interface Host {
  readonly name: string;
  run(task: Task): Promise<Answer>;
  /** What it has said of its own; nothing, if all is well. */
  readonly said: () => string;
  end(): Promise<unknown>;
}

export function startThread(): Host {
  const worker = new Worker(new URL('./revive-thread.js', import.meta.url), { stderr: true });
  const said = collect(worker.stderr);
  return {
    name: 'a thread',
    run: async (task) => {
      worker.postMessage(task);
      return (await once(worker, 'message'))[0];
    },
    said,
    end: () => worker.terminate(),
  };
}

export function startProcess(): Host {
  const file = new URL('./revive-process.js', import.meta.url);
  const child = fork(file, { serialization: 'advanced', stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
  const said = child.stderr === null ? () => '' : collect(child.stderr);
  return {
    name: 'a process',
    run: async (task) => {
      child.send(task);
      return (await once(child, 'message'))[0];
    },
    said,
    end: async () => {
      const ended = [once(child, 'exit'), ...(child.stderr === null ? [] : [once(child.stderr, 'close')])];
      child.disconnect();
      await Promise.all(ended);
    },
  };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let said = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    said += text;
  });
  return () => said;
}
