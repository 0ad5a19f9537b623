/** What an instance should hold after each operation: the simplest thing that could be compared with it. */
import type * as serve from 'servelab';

export type Outcome = 'ok' | serve.ServeErrorCode;

interface ModelEndpoint {
  readonly route: string | null;
  readonly traffic: Readonly<Record<string, number>>;
  readonly shadows: Readonly<Record<string, number>>;
}

export class Model {
  readonly backends = new Map<string, number>();
  /** What each backend's replicas answer with. */
  readonly codes = new Map<string, number>();
  readonly endpoints = new Map<string, ModelEndpoint>();

  get replicas(): number {
    return [...this.backends.values()].reduce((sum, count) => sum + count, 0);
  }

  isUsed(tag: string): boolean {
    return [...this.endpoints.values()].some(({ traffic, shadows }) => tag in traffic || tag in shadows);
  }

  createBackend(tag: string, numReplicas: number): Outcome {
    if (this.backends.has(tag)) return 'BACKEND_EXISTS';
    this.backends.set(tag, numReplicas);
    this.codes.set(tag, 0);
    return 'ok';
  }

  updateCode(tag: string, code: number): Outcome {
    if (!this.backends.has(tag)) return 'BACKEND_NOT_FOUND';
    this.codes.set(tag, code);
    return 'ok';
  }

  scale(tag: string, numReplicas: number): Outcome {
    if (!this.backends.has(tag)) return 'BACKEND_NOT_FOUND';
    this.backends.set(tag, numReplicas);
    return 'ok';
  }

  deleteBackend(tag: string): Outcome {
    if (!this.backends.has(tag)) return 'BACKEND_NOT_FOUND';
    if (this.isUsed(tag)) return 'BACKEND_IN_USE';
    this.backends.delete(tag);
    return 'ok';
  }

  createEndpoint(name: string, backend: string, route: string | null): Outcome {
    if (this.endpoints.has(name)) return 'ENDPOINT_EXISTS';
    if (!this.backends.has(backend)) return 'BACKEND_NOT_FOUND';
    const isTaken = [...this.endpoints.values()].some((other) => route !== null && other.route === route);
    if (isTaken) return 'ROUTE_EXISTS';
    this.endpoints.set(name, { route, traffic: { [backend]: 1 }, shadows: {} });
    return 'ok';
  }

  deleteEndpoint(name: string): Outcome {
    return this.endpoints.delete(name) ? 'ok' : 'ENDPOINT_NOT_FOUND';
  }

  setTraffic(name: string, weights: Readonly<Record<string, number>>): Outcome {
    const endpoint = this.endpoints.get(name);
    if (!endpoint) return 'ENDPOINT_NOT_FOUND';
    const sum = Object.values(weights).reduce((total, weight) => total + weight, 0);
    if (Math.abs(sum - 1) > 1e-6) return 'INVALID_TRAFFIC';
    if (Object.keys(weights).some((tag) => !this.backends.has(tag))) return 'BACKEND_NOT_FOUND';
    this.endpoints.set(name, { ...endpoint, traffic: weights });
    return 'ok';
  }

  shadowTraffic(name: string, tag: string, proportion: number): Outcome {
    const endpoint = this.endpoints.get(name);
    if (!endpoint) return 'ENDPOINT_NOT_FOUND';
    if (!this.backends.has(tag)) return 'BACKEND_NOT_FOUND';
    const { [tag]: _, ...others } = endpoint.shadows;
    const shadows = proportion === 0 ? others : { ...others, [tag]: proportion };
    this.endpoints.set(name, { ...endpoint, shadows });
    return 'ok';
  }

  /** What a backend answers. */
  answerOf(tag: string): string {
    return `${tag} ${this.codes.get(tag)}`;
  }

  /** The backends that may answer a call. */
  answering(name: string): readonly string[] {
    const traffic = this.endpoints.get(name)?.traffic ?? {};
    return Object.keys(traffic).filter((tag) => (traffic[tag] ?? 0) > 0);
  }
}
