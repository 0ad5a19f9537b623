/**
 * All numbers of one router, or of the whole instance. Each thread that routes has its own; replicas hand theirs to
 * the main thread with `takeDelta`, which adds them to its own with `merge`. Recording neither allocates nor locks.
 */
import type { InstancePerformance } from '../domain/performance.ts';
import { NO_STATS, type Stats } from '../domain/stats.ts';
import { type BackendCounts, type BackendDelta, type BackendMeter, BackendSeries } from './backend-meter.ts';
import { type EndpointDelta, type EndpointMeter, EndpointSeries } from './endpoint-meter.ts';
import { type HttpCounts, HttpMeter } from './http-meter.ts';

export type { BackendMeter } from './backend-meter.ts';
export type { EndpointMeter } from './endpoint-meter.ts';

export interface MetersOptions {
  /**
   * `'declared'` (main thread): only what was declared and not forgotten since is kept, so that a late delta cannot
   * bring a deleted backend back. `'everything'` (replicas): whatever is asked for.
   */
  readonly keep: 'declared' | 'everything';
}

/** What has been recorded since the last delta. Plain and structured-clonable. */
export interface MetersDelta {
  readonly endpoints: readonly (readonly [name: string, delta: EndpointDelta])[];
  readonly backends: readonly (readonly [tag: string, delta: BackendDelta])[];
  readonly http: readonly HttpCounts[];
}

/** Everything counted since the start, for export. */
export interface MetersCounts {
  readonly endpoints: readonly { readonly endpoint: string; readonly routed: number }[];
  readonly backends: readonly (BackendCounts & { readonly backend: string })[];
  readonly http: readonly HttpCounts[];
}

export class Meters {
  readonly #keep: MetersOptions['keep'];
  readonly #endpoints = new Map<string, EndpointSeries>();
  readonly #backends = new Map<string, BackendSeries>();
  readonly #http = new HttpMeter();

  constructor({ keep }: MetersOptions) {
    this.#keep = keep;
  }

  /** Opens the endpoint's series, at zero. Before the first router hears of it; again does nothing. */
  declareEndpoint(name: string): void {
    if (!this.#endpoints.has(name)) this.#endpoints.set(name, new EndpointSeries());
  }

  /** Opens the backend's series, at zero. Before its first replica starts; again does nothing. */
  declareBackend(tag: string): void {
    if (!this.#backends.has(tag)) this.#backends.set(tag, new BackendSeries());
  }

  /**
   * The endpoint's meter, the same object until it is forgotten. A router keeps it as long as the endpoint stands in
   * its table. For one not kept: a meter whose numbers go nowhere.
   */
  endpoint(name: string): EndpointMeter {
    return this.#endpointSeries(name) ?? new EndpointSeries();
  }

  /** The backend's meter; as with `endpoint`. */
  backend(tag: string): BackendMeter {
    return this.#backendSeries(tag) ?? new BackendSeries();
  }

  /** Counts a start of a replica, the first and every later one. */
  replicaStarted(backend: string, replica: string): void {
    this.#backendSeries(backend)?.replicaStarted(replica);
  }

  /** Counts an HTTP request. `route`: its pattern, or `unmatched`; never the raw path. */
  httpFinished(route: string, method: string, status: number, ms: number): void {
    this.#http.finished(route, method, status, ms);
  }

  /** Its series disappear; whoever still holds its meter records into nothing. */
  forgetEndpoint(name: string): void {
    this.#endpoints.delete(name);
  }

  /** Its series disappear; whoever still holds its meter records into nothing. */
  forgetBackend(tag: string): void {
    this.#backends.delete(tag);
  }

  /** For a route that no endpoint has any more. */
  forgetRoute(route: string): void {
    this.#http.forgetRoute(route);
  }

  /** Latencies as callers saw them. An unknown endpoint shows what an idle one does. */
  endpointStats(name: string, now: number): Stats {
    return this.#endpoints.get(name)?.stats(now) ?? NO_STATS;
  }

  /** Latencies of user code. An unknown backend shows what an idle one does. */
  backendStats(tag: string, now: number): Stats {
    return this.#backends.get(tag)?.stats(now) ?? NO_STATS;
  }

  /** On what the time of the last minute was spent. */
  performance(now: number): Pick<InstancePerformance, 'endpoints' | 'backends'> {
    const endpoints = [...this.#endpoints].map(([name, series]) => [name, series.performance(now)] as const);
    const backends = [...this.#backends].map(([tag, series]) => [tag, series.performance(now)] as const);
    return { endpoints: Object.fromEntries(endpoints), backends: Object.fromEntries(backends) };
  }

  counts(): MetersCounts {
    return {
      endpoints: [...this.#endpoints].map(([endpoint, series]) => ({ endpoint, routed: series.count })),
      backends: [...this.#backends].map(([backend, series]) => ({ backend, ...series.counts() })),
      http: this.#http.counts(),
    };
  }

  /** Takes out what was recorded since the last time; meters stay valid. Null when there is nothing to hand over. */
  takeDelta(): MetersDelta | null {
    const endpoints = takeAll<EndpointDelta>(this.#endpoints);
    const backends = takeAll<BackendDelta>(this.#backends);
    const http = this.#http.takeDelta();
    return endpoints.length + backends.length + http.length === 0 ? null : { endpoints, backends, http };
  }

  /** Adds another thread's delta, as if it all happened now. What is not kept here is left out. */
  merge(delta: MetersDelta, now: number): void {
    for (const [name, numbers] of delta.endpoints) this.#endpointSeries(name)?.merge(numbers, now);
    for (const [tag, numbers] of delta.backends) this.#backendSeries(tag)?.merge(numbers, now);
    this.#http.merge(delta.http);
  }

  #endpointSeries(name: string): EndpointSeries | undefined {
    if (this.#keep === 'everything') this.declareEndpoint(name);
    return this.#endpoints.get(name);
  }

  #backendSeries(tag: string): BackendSeries | undefined {
    if (this.#keep === 'everything') this.declareBackend(tag);
    return this.#backends.get(tag);
  }
}

function takeAll<Delta>(series: ReadonlyMap<string, { takeDelta(): Delta | null }>): [string, Delta][] {
  const taken: [string, Delta][] = [];
  for (const [name, one] of series) {
    const delta = one.takeDelta();
    if (delta !== null) taken.push([name, delta]);
  }
  return taken;
}
