import { Histogram, type HistogramCounts, LATENCY_BUCKETS_MS } from './histogram.ts';

/** The HTTP requests of one route and method since the start. */
export interface HttpCounts {
  readonly route: string;
  readonly method: string;
  readonly statuses: readonly (readonly [status: number, requests: number])[];
  /** Not per status: a histogram is 15 lines, and routes x methods x statuses of them would be most of the page. */
  readonly latency: HistogramCounts;
}

interface HttpSeries {
  readonly statuses: Map<number, number>;
  readonly latency: Histogram;
}

/** Counts HTTP requests. Maps in maps, as building a key per request would allocate. */
export class HttpMeter {
  readonly #routes = new Map<string, Map<string, HttpSeries>>();

  /** `route`: the route's pattern or `unmatched`, never the raw path, so that strangers cannot make series. */
  finished(route: string, method: string, status: number, ms: number): void {
    const series = this.#seriesOf(route, method);
    series.statuses.set(status, (series.statuses.get(status) ?? 0) + 1);
    series.latency.observe(ms);
  }

  forgetRoute(route: string): void {
    this.#routes.delete(route);
  }

  counts(): HttpCounts[] {
    return [...this.#routes].flatMap(([route, methods]) =>
      [...methods].map(([method, series]) => ({
        route,
        method,
        statuses: [...series.statuses],
        latency: series.latency.counts(),
      })),
    );
  }

  /** Takes everything out. */
  takeDelta(): HttpCounts[] {
    const counts = this.counts();
    this.#routes.clear();
    return counts;
  }

  merge(delta: readonly HttpCounts[]): void {
    for (const { route, method, statuses, latency } of delta) {
      const series = this.#seriesOf(route, method);
      for (const [status, requests] of statuses) {
        series.statuses.set(status, (series.statuses.get(status) ?? 0) + requests);
      }
      series.latency.merge(latency);
    }
  }

  #seriesOf(route: string, method: string): HttpSeries {
    const known = this.#routes.get(route)?.get(method);
    if (known !== undefined) return known;
    const series: HttpSeries = { statuses: new Map(), latency: new Histogram(LATENCY_BUCKETS_MS) };
    const methods = this.#routes.get(route) ?? new Map<string, HttpSeries>();
    this.#routes.set(route, methods.set(method, series));
    return series;
  }
}
