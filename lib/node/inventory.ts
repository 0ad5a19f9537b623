/** What this machine is. */
import { availableParallelism, hostname } from 'node:os';

export interface Machine {
  readonly id: string;
  readonly hostname: string;
  readonly pid: number;
  /** CPUs this process may use. */
  readonly cpus: number;
}

export function inspectMachine(): Machine {
  return { id: 'head', hostname: hostname(), pid: process.pid, cpus: availableParallelism() };
}
