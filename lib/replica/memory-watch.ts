/** Memory of a process that no heap limit counts: buffers, native code. Where there is a /proc, as on Linux. */
import { residentBytes } from './process-usage.ts';

/** How often it is looked at, in ms. */
const PERIOD_MS = 250;

export interface MemoryWatch {
  stop(): void;
}

/** Calls `exceeded` once, when process `pid` holds more than `limitBytes` of resident memory. */
export function watchMemory(pid: number, limitBytes: number, exceeded: (heldBytes: number) => void): MemoryWatch {
  let isLooking = false;
  const look = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    const heldBytes = await residentBytes(pid);
    isLooking = false;
    if (heldBytes <= limitBytes || timer === null) return;
    stop();
    exceeded(heldBytes);
  };
  let timer: NodeJS.Timeout | null = setInterval(() => void look(), PERIOD_MS);
  timer.unref();
  void look();
  function stop(): void {
    if (timer) clearInterval(timer);
    timer = null;
  }
  return { stop };
}
