/**
 * A replica's process: `process.js <pid of the instance> [watch]`. Descriptor 3 leads to the instance, whose first
 * message says what to serve; with `watch` descriptor 4 tells in any case when the instance is gone.
 */
import { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { ProcessTask } from '../replica/control.ts';
import { packError } from '../wire/error-envelope.ts';
import { SocketPort } from '../wire/socket-port.ts';
import { ProcessPremises } from './process-premises.ts';
import { ReplicaInside } from './replica-inside.ts';

const [parent, watch] = process.argv.splice(2);
// It ended before this process was bound to end with it.
if (process.ppid !== Number(parent)) process.exit(1);
if (watch) new Worker(new URL('./parent-watch.js', import.meta.url), { execArgv: [] }).unref();

const control = new SocketPort(new Socket({ fd: 3, readable: true, writable: true }));

// The instance is gone, or this replica has ended: there is nobody left to serve.
control.on('close', () => process.exit());

process.on('uncaughtExceptionMonitor', (thrown: unknown) => {
  control.postMessage({ type: 'dying', error: packError(thrown) });
});

control.once('message', (task: ProcessTask) => {
  process.title = `servelab ${task.spec.replica}`;
  new ReplicaInside(task.spec, new ProcessPremises(control, task));
});
