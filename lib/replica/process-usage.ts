/** What a process uses, where there is a /proc, as on Linux. */
import { readFile } from 'node:fs/promises';
import { NO_SAMPLE, type UsageSample } from './usage-meter.ts';

/** Linux counts time in hundredths of a second for whoever asks, on every machine that Node runs on. */
const TICK_MS = 10;
/** Fields of /proc/<pid>/stat behind the name, counted from 0 (proc(5): 14 and 15). */
const USER_TICKS = 11;
const SYSTEM_TICKS = 12;

export async function usageOfProcess(pid: number): Promise<UsageSample> {
  try {
    const [stat, memoryBytes] = await Promise.all([readFile(`/proc/${pid}/stat`, 'latin1'), residentBytes(pid)]);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const cpuMs = (Number(fields[USER_TICKS]) + Number(fields[SYSTEM_TICKS])) * TICK_MS;
    return { cpuMs, memoryBytes: memoryBytes === 0 ? null : memoryBytes, loop: null };
  } catch {
    return NO_SAMPLE; // it is gone, or there is no /proc
  }
}

/** 0 where nothing tells. */
export async function residentBytes(pid: number): Promise<number> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0; // it is gone, or this system has no /proc: the heap limit alone holds
  }
}
