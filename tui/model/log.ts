/** What an instance and its replicas print, as its log has it. */
import { Followed } from './followed.ts';

/** Gives the last lines, then those to come, until the signal aborts. Rejects where there is none. */
export type FollowLog = (last: number, signal: AbortSignal, take: (lines: readonly string[]) => void) => Promise<void>;

/** Never changed: a new one takes its place. */
export interface LogLines {
  /** Oldest first. */
  readonly lines: readonly string[];
  /** Why there are none. */
  readonly problem: string | null;
}

export const NO_LOG: LogLines = { lines: [], problem: null };
const KEPT_LINES = 2_000;
/** A log that prints thousands of lines a second is shown no faster. */
const PERIOD_MS = 100;

export class InstanceLog extends Followed<LogLines> {
  constructor(follow: FollowLog) {
    super(NO_LOG, (signal, give) => {
      let newLines: readonly string[] = [];
      let soon: NodeJS.Timeout | null = null;
      signal.addEventListener('abort', () => {
        if (soon !== null) clearTimeout(soon);
      });
      return follow(KEPT_LINES, signal, (lines) => {
        newLines = [...newLines, ...lines].slice(-KEPT_LINES);
        soon ??= setTimeout(() => {
          soon = null;
          give({ lines: [...this.get().lines, ...newLines].slice(-KEPT_LINES), problem: null });
          newLines = [];
        }, PERIOD_MS);
      });
    });
  }
}
