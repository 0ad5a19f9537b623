/** What was run in notebooks, from one kernel to the next. */
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

interface Entry {
  readonly session: number;
  readonly line: number;
  readonly code: string;
  /** Of this kernel's own: what it showed; of others not kept. */
  readonly output: string | null;
}

type Shown = readonly [session: number, line: number, code: string | readonly [code: string, output: string | null]];

const entryShape = z.object({ session: z.int(), line: z.int(), code: z.string() });
const count = z.int().min(0).nullish();
const requestShape = z
  .object({
    output: z.boolean().default(false),
    hist_access_type: z.enum(['range', 'tail', 'search']).default('tail'),
    session: z.int().default(0),
    start: z.int().nullish(),
    stop: z.int().nullish(),
    n: count,
    pattern: z.string().default('*'),
    unique: z.boolean().default(false),
  })
  .loose();

/** So many are kept, and twice as many for a while. */
const MOST = 5_000;

export class KernelHistory {
  readonly #file: string;
  readonly #entries: Entry[];
  readonly #session: number;

  /** As far as it goes: where there is no place to keep it, it ends with the kernel. */
  constructor(file: string) {
    this.#file = file;
    this.#entries = readEntries(file);
    this.#session = (this.#entries.at(-1)?.session ?? 0) + 1;
  }

  add(line: number, code: string, output: string | null): void {
    const entry = { session: this.#session, line, code };
    this.#entries.push({ ...entry, output });
    try {
      mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
      appendFileSync(this.#file, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
    } catch {
      // Said by the instance, which needs such a place more.
    }
  }

  /** As a `history_request` asks. Throws a ZodError for what is none. */
  find(request: unknown): readonly Shown[] {
    const asked = requestShape.parse(request);
    return this.#found(asked).map(({ session, line, code, output }) =>
      asked.output ? [session, line, [code, output]] : [session, line, code],
    );
  }

  #found({ hist_access_type, session, start, stop, n, pattern, unique }: z.infer<typeof requestShape>): Entry[] {
    if (hist_access_type === 'tail') return last(this.#entries, n);
    if (hist_access_type === 'search') {
      const isMatch = globPattern(pattern);
      const found = this.#entries.filter(({ code }) => isMatch.test(code));
      return last(unique ? latestOfEach(found) : found, n);
    }
    // 0 and less: counted back from this one.
    const wanted = session > 0 ? session : this.#session + session;
    const first = start ?? 1;
    const end = stop ?? Number.POSITIVE_INFINITY;
    return this.#entries.filter((entry) => entry.session === wanted && entry.line >= first && entry.line < end);
  }
}

const last = (entries: readonly Entry[], n: number | null | undefined): Entry[] =>
  entries.slice(n === null || n === undefined ? 0 : Math.max(0, entries.length - n));

function latestOfEach(entries: readonly Entry[]): Entry[] {
  const latest = new Map<string, Entry>();
  for (const entry of entries) {
    latest.delete(entry.code);
    latest.set(entry.code, entry);
  }
  return [...latest.values()];
}

/** `*` and `?` as in a shell, of the whole text. */
function globPattern(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's');
}

function readEntries(file: string): Entry[] {
  let lines: readonly string[];
  try {
    lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  } catch {
    return []; // there is none yet
  }
  const kept = lines.slice(-MOST);
  if (lines.length > 2 * MOST) shorten(file, kept);
  return kept.flatMap((line) => {
    const { data } = entryShape.safeParse(parsed(line));
    return data ? [{ ...data, output: null }] : [];
  });
}

/** A line that another kernel adds meanwhile may be lost, and no line is broken. */
function shorten(file: string, lines: readonly string[]): void {
  const next = `${file}.${process.pid}`;
  try {
    writeFileSync(next, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
    renameSync(next, file);
  } catch {
    // It is longer than it need be.
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
