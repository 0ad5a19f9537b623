/**
 * What a replica prints is bounded: without that a loop of `console.log` fills the memory of the replica, where lines
 * wait for the instance to take them, and then keeps the instance from serving while it writes them out.
 */
import type { Writable } from 'node:stream';
import type { ReplicaTag } from '../domain/replica.ts';
import { OutputBudget, type OutputLimits } from './output-budget.ts';
import { byteLengthOf, countLines, cut, endOfLine, endsLine, type PrintedText, printedText } from './printed-text.ts';

/** For stdout and for stderr each, so that a flood on one hides nothing on the other. A write counts as a line at least. */
export const OUTPUT_LIMITS: OutputLimits = Object.freeze({
  linesPerSecond: 1000,
  bytesPerSecond: 1024 * 1024,
  burstLines: 10_000,
  burstBytes: 4 * 1024 * 1024,
});

/** How often it is said how many lines were dropped, in ms. */
const NOTICE_PERIOD_MS = 1000;

type Settled = (error?: Error | null) => void;
type Write = (chunk: unknown, encoding?: unknown, callback?: Settled) => boolean;

/** What limits a stream needs from around it; tests have their own. */
export interface OutputClock {
  now(): number;
  /** Runs `work` later; it keeps nothing alive. */
  after(ms: number, work: () => void): void;
}

const CLOCK: OutputClock = {
  now: () => performance.now(),
  after: (ms, work) => void setTimeout(work, ms).unref(),
};

/**
 * Limits what this replica prints by `process.stdout` and `process.stderr`, `console` included: beyond OUTPUT_LIMITS
 * lines are dropped, whole ones, and once a second a line says how many. What waits to be taken by the other side is
 * bounded by the burst, too, so a slow terminal or a busy instance costs no memory. Dropped writes succeed.
 *
 * Nothing is filtered: what a backend prints, secrets included, is printed. What native code or `fs.writeSync(1, …)`
 * writes goes to the file itself, past all this.
 */
export function limitOutput(replica: ReplicaTag): void {
  const limited = [process.stdout, process.stderr].map((stream) => limitStream(stream, replica, OUTPUT_LIMITS, CLOCK));
  process.once('exit', () => {
    for (const stream of limited) stream.tell();
  });
}

export function limitStream(
  stream: Writable,
  replica: ReplicaTag,
  limits: OutputLimits,
  clock: OutputClock,
): LimitedStream {
  const limited = new LimitedStream(stream, replica, limits, clock);
  stream.write = limited.write as Writable['write'];
  return limited;
}

class LimitedStream {
  readonly #stream: Writable;
  readonly #write: Write;
  readonly #replica: ReplicaTag;
  readonly #limits: OutputLimits;
  readonly #clock: OutputClock;
  readonly #budget: OutputBudget;
  /** Writes since the stream was last empty, less those that were taken. */
  #pending = { count: 0 };
  /** Lines since it was last said how many. */
  #dropped = 0;
  /** When the first of them was dropped, or their number last said. */
  #since = 0;
  /** The last text written does not end its line. */
  #isMidLine = false;
  /** The line that is being written is dropped up to its end. */
  #isSkipping = false;
  #isTimed = false;
  /** Callbacks of writes that were dropped, to be called in this turn's end. */
  #owed: { readonly callback: Settled; count: number }[] = [];

  constructor(stream: Writable, replica: ReplicaTag, limits: OutputLimits, clock: OutputClock) {
    this.#stream = stream;
    this.#write = stream.write.bind(stream) as Write;
    this.#replica = replica;
    this.#limits = limits;
    this.#clock = clock;
    this.#budget = new OutputBudget(limits, clock.now());
  }

  /** Takes the place of the stream's own `write`. */
  readonly write: Write = (chunk, encoding, callback) => {
    if (typeof encoding === 'function') return this.write(chunk, undefined, encoding as Settled);
    const text = printedText(chunk, encoding);
    // An empty text costs nothing, and its callback tells that all before it has left.
    const isFree = text === null || text.length === 0;
    if (isFree || this.#stream.writableEnded || this.#stream.destroyed) {
      return this.#write(chunk, encoding, callback);
    }
    const now = this.#clock.now();
    this.#budget.refill(now);
    const wanted = this.#withoutSkipped(text);
    const kept = this.#fitting(wanted);
    // What was given as text stays text, for the stream may have a default encoding of its own.
    const isPassed = kept.length > 0 && this.#pass(kept, typeof kept === 'string' ? encoding : undefined, callback);
    if (kept.length < wanted.length) this.#drop(cut(wanted, kept.length), now);
    // A loop that goes on printing lets no timer run.
    this.#tellIfDue(now);
    if (kept.length > 0) return isPassed;
    if (callback) this.#owe(callback);
    return !this.#stream.writableNeedDrain;
  };

  /** Says how many lines were dropped, if any were. */
  tell(): void {
    if (this.#dropped === 0) return;
    const notice = `servelab: replica '${this.#replica}': ${this.#dropped} lines dropped\n`;
    this.#dropped = 0;
    this.#since = this.#clock.now();
    this.#pass(this.#isMidLine ? `\n${notice}` : notice);
  }

  #withoutSkipped(text: PrintedText): PrintedText {
    if (!this.#isSkipping) return text;
    const end = endOfLine(text, 0);
    this.#isSkipping = end === null;
    return cut(text, end ?? text.length);
  }

  /** As much of it as may be printed now: all, or its first lines. */
  #fitting(text: PrintedText): PrintedText {
    if (text.length === 0) return text;
    if (!this.#hasRoom()) return cut(text, 0, 0);
    if (this.#budget.spend(countLines(text), byteLengthOf(text))) return text;
    let kept = 0;
    for (let end = endOfLine(text, 0); end !== null; end = endOfLine(text, end)) {
      if (!this.#budget.spend(1, byteLengthOf(cut(text, kept, end)))) break;
      kept = end;
    }
    return cut(text, 0, kept);
  }

  /** The other side has taken enough. By bytes alone a million small writes would take up a hundred times their size. */
  #hasRoom(): boolean {
    const { writableLength } = this.#stream;
    // A file takes each write at once, while callbacks must wait for the loop to turn.
    if (writableLength === 0) this.#pending = { count: 0 };
    return this.#pending.count < this.#limits.burstLines && writableLength < this.#limits.burstBytes;
  }

  #drop(refused: PrintedText, now: number): void {
    // The line that lacks its end must not be continued by the next one that is printed.
    const text = this.#isMidLine && endOfLine(refused, 0) === 1 ? cut(refused, 1) : refused;
    if (this.#isMidLine) this.#pass('\n');
    if (text.length === 0) return;
    this.#isSkipping = !endsLine(text);
    if (this.#dropped === 0) this.#since = now;
    this.#dropped += countLines(text);
    this.#tellLater();
  }

  #pass(text: PrintedText, encoding?: unknown, callback?: Settled): boolean {
    this.#isMidLine = !endsLine(text);
    const pending = this.#pending;
    pending.count += 1;
    return this.#write(text, encoding, (error) => {
      pending.count -= 1;
      callback?.(error);
    });
  }

  /** A million calls of one callback, as of `console`, are remembered as a number. */
  #owe(callback: Settled): void {
    const last = this.#owed.at(-1);
    if (last?.callback === callback) {
      last.count += 1;
      return;
    }
    if (this.#owed.push({ callback, count: 1 }) === 1) process.nextTick(() => this.#payCallbacks());
  }

  #payCallbacks(): void {
    const owed = this.#owed;
    this.#owed = [];
    for (const { callback, count } of owed) for (let called = 0; called < count; called += 1) callback(null);
  }

  /** Not into the middle of a line, and not to a side that takes nothing. */
  #tellIfDue(now: number): void {
    if (now - this.#since >= NOTICE_PERIOD_MS && !this.#isMidLine && this.#hasRoom()) this.tell();
  }

  #tellLater(): void {
    if (this.#isTimed) return;
    this.#isTimed = true;
    const remaining = this.#since + NOTICE_PERIOD_MS - this.#clock.now();
    this.#clock.after(remaining > 0 ? remaining : NOTICE_PERIOD_MS, () => {
      this.#isTimed = false;
      this.#tellIfDue(this.#clock.now());
      if (this.#dropped > 0) this.#tellLater();
    });
  }
}
