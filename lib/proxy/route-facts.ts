/** What the proxy knows of a route beyond its match: its pattern, for metrics, and its methods, for HTTP. */
import type { ProxyShell, RouteMatch } from './proxy-parts.ts';

/** The label of every request that no route takes: a path of the caller's would make a metric series of its own. */
export const UNMATCHED = 'unmatched';

export const SYSTEM_PREFIX = '/-/';
export const SYSTEM_ROUTES: ReadonlySet<string> = new Set(['/-/routes', '/-/healthz', '/-/metrics']);

/** The path of a request target in origin form, undecoded. */
export function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

/** The label of a request that ended before it was routed. */
export function routeLabel(shell: ProxyShell, url: string): string {
  const path = pathOf(url);
  if (path.startsWith(SYSTEM_PREFIX)) return SYSTEM_ROUTES.has(path) ? path : UNMATCHED;
  const match = shell.parts.routes().match(path);
  return match === null || match === 'malformed' ? UNMATCHED : patternOf(shell, match);
}

/** The pattern that matched. */
export function patternOf({ parts, patterns }: ProxyShell, { value }: RouteMatch): string {
  const known = patterns.get(value);
  if (known !== undefined) return known;
  const found = Object.entries(parts.listRoutes()).find(([, [endpoint]]) => endpoint === value.endpoint);
  const pattern = found?.[0] ?? UNMATCHED;
  patterns.set(value, pattern);
  return pattern;
}

/** HEAD is allowed wherever GET is. */
export function isAllowed(methods: readonly string[], method: string): boolean {
  return methods.includes(method) || (method === 'HEAD' && methods.includes('GET'));
}

/** The value of an Allow header. */
export function allowOf(methods: readonly string[]): string {
  const withHead = methods.includes('GET') && !methods.includes('HEAD') ? [...methods, 'HEAD'] : methods;
  return withHead.join(', ');
}
