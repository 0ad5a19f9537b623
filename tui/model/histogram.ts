/** How long queries waited and took, in the buckets that the instance counts in, over a window: two readings and what lies between. */

export interface Histogram {
  /** Upper bounds in ms; the last one is infinite. */
  readonly boundsMs: readonly number[];
  /** As many as there are bounds; not cumulative. */
  readonly counts: readonly number[];
}

export interface BackendHistograms {
  readonly queuing: Histogram;
  readonly processing: Histogram;
}

/** Since the start, by backend. */
export type Reading = ReadonlyMap<string, BackendHistograms>;

const SAMPLE = /^serve_backend_(queuing|processing)_latency_ms_bucket\{([^}]*)\} (\S+)$/gm;

/** Of the text that Prometheus reads. */
export function readHistograms(text: string): Reading {
  const found = new Map<string, { queuing: Cumulative; processing: Cumulative }>();
  for (const [, kind, labels = '', value = ''] of text.matchAll(SAMPLE)) {
    const backend = /(?:^|,)backend="([^"]*)"/.exec(labels)?.[1];
    const bound = /(?:^|,)le="([^"]*)"/.exec(labels)?.[1];
    if (backend === undefined || bound === undefined) continue;
    const own = found.get(backend) ?? { queuing: [], processing: [] };
    found.set(backend, own);
    own[kind === 'queuing' ? 'queuing' : 'processing'].push([
      bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound),
      Number(value),
    ]);
  }
  return new Map(
    [...found].map(([tag, { queuing, processing }]) => [
      tag,
      { queuing: apart(queuing), processing: apart(processing) },
    ]),
  );
}

type Cumulative = [boundMs: number, count: number][];

function apart(cumulative: Cumulative): Histogram {
  const ordered = cumulative.sort(([a], [b]) => a - b);
  return {
    boundsMs: ordered.map(([bound]) => bound),
    counts: ordered.map(([, count], at) => count - (ordered[at - 1]?.[1] ?? 0)),
  };
}

/** What came since `before`. One that began anew in between counts from there. */
export function since(after: Histogram, before: Histogram | undefined): Histogram {
  const counts = after.counts.map((count, at) => count - (before?.counts[at] ?? 0));
  return counts.some((count) => count < 0) ? after : { ...after, counts };
}

export const totalOf = ({ counts }: Histogram): number => counts.reduce((sum, count) => sum + count, 0);

/** Readings of a quarter of an hour at the most, one per second. */
export class Readings {
  #kept: { readonly at: number; readonly reading: Reading }[] = [];

  take(reading: Reading, at: number): void {
    this.#kept = [...this.#kept.filter((one) => one.at > at - 900_000), { at, reading }];
  }

  clear(): void {
    this.#kept = [];
  }

  /**
   * What was counted in the last `windowMs`, or since the first reading; before there are two, since the instance began:
   * `ms` is null then. Null before there is one.
   */
  window(backend: string, windowMs: number): (BackendHistograms & { readonly ms: number | null }) | null {
    const last = this.#kept.at(-1);
    const newest = last?.reading.get(backend);
    if (last === undefined || newest === undefined) return null;
    const first = this.#kept.find(({ at }) => at >= last.at - windowMs);
    if (first === undefined || first === last) return { ...newest, ms: null };
    const oldest = first.reading.get(backend);
    return {
      queuing: since(newest.queuing, oldest?.queuing),
      processing: since(newest.processing, oldest?.processing),
      ms: last.at - first.at,
    };
  }
}
