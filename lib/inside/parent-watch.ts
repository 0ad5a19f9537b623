/** A thread beside a replica's own: ends the process when the instance is gone, also while the replica's own code spins. */
import { Socket } from 'node:net';

const instance = new Socket({ fd: 4, readable: true, writable: false });
instance.on('close', () => process.kill(process.pid, 'SIGKILL'));
instance.on('error', () => {});
instance.resume();
