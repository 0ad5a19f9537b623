/**
 * A replica's process: `process.js <pid of the instance> [watch]`. Descriptor 3 leads to the instance, whose first
 * message says what to serve; with `watch` descriptor 4 tells in any case when the instance is gone.
 */
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { ProcessTask } from '../replica/control.ts';
import { packError } from '../wire/error-envelope.ts';
import { SocketPort } from '../wire/socket-port.ts';
import { ProcessPremises } from './process-premises.ts';
import { ReplicaInside } from './replica-inside.ts';

/** As in package.json's `engines`. */
const OLDEST_NODE = [22, 18] as const;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  const wanted = `servelab needs Node ${OLDEST_NODE.join('.')} or newer in its replicas, too`;
  writeSync(process.stderr.fd, `${wanted}, and ${process.execPath} is ${process.version}\n`);
  process.exit(1);
}

const [parent, watch] = process.argv.splice(2);
// It ended before this process was bound to end with it.
if (process.ppid !== Number(parent)) process.exit(1);
if (watch) new Worker(new URL('../wire/parent-watch.js', import.meta.url), { execArgv: [] }).unref();

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
