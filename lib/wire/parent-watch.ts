/**
 * A thread beside another that may be spinning: ends the process when whoever holds the other end of descriptor 4 is
 * gone, `graceMs` later (default 0).
 */
import { Socket } from 'node:net';
import { workerData } from 'node:worker_threads';

const { graceMs = 0 } = (workerData ?? {}) as { readonly graceMs?: number };
const owner = new Socket({ fd: 4, readable: true, writable: false });
owner.on('close', () => setTimeout(() => process.kill(process.pid, 'SIGKILL'), graceMs));
owner.on('error', () => {});
owner.resume();
