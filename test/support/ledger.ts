/**
 * The other side of the story: replicas append the id of each request, and their own tag, to a file just as they start it.
 * What callers saw and what the file holds must agree: 2xx = once, 503 and 404 = never, 502 and 504 = once or never, and
 * nothing twice.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a caller saw of one request; status 0: the connection failed, so nothing is known. */
export interface Outcome {
  readonly id: string;
  readonly status: number;
}

export class Ledger {
  /** Opened by replicas with O_APPEND: lines of several of them do not mix. */
  readonly file: string;
  readonly #directory: string;

  constructor() {
    this.#directory = mkdtempSync(join(tmpdir(), 'ledger-'));
    this.file = join(this.#directory, 'started');
  }

  /** How often each id was started. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const [id] of this.#lines()) counts.set(id, (counts.get(id) ?? 0) + 1);
    return counts;
  }

  /** The tag of the replica that started each id last. */
  startedBy(): Map<string, string> {
    return new Map(this.#lines());
  }

  /** What does not agree, one sentence each. `mostStarts`: 1, or more on an idempotent endpoint. */
  contradictions(outcomes: readonly Outcome[], mostStarts = 1): string[] {
    const counts = this.counts();
    const seen = new Set<string>();
    const found: string[] = [];
    for (const { id, status } of outcomes) {
      const starts = counts.get(id) ?? 0;
      if (seen.has(id)) found.push(`id ${id} was sent twice by the test itself`);
      seen.add(id);
      const [least, most] = allowedStarts(status, mostStarts);
      if (starts < least || starts > most) found.push(`${id}: status ${status}, but started ${starts} times`);
    }
    for (const [id, starts] of counts) if (starts > mostStarts) found.push(`${id}: started ${starts} times`);
    return found;
  }

  delete(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #lines(): (readonly [id: string, replica: string])[] {
    try {
      const lines = readFileSync(this.file, 'utf8').split('\n').slice(0, -1);
      return lines.map((line) => line.split(' ') as [string, string]);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []; // no replica started anything
      throw error;
    }
  }
}

function allowedStarts(status: number, mostStarts: number): [least: number, most: number] {
  if (status >= 200 && status < 300) return [1, mostStarts];
  if (status === 503 || status === 404) return [0, 0];
  return [0, mostStarts];
}
