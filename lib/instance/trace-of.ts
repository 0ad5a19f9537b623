/** What all routers of an instance know of one request. */
import type { BackendSupervisor } from '../controller/backend-supervisor.ts';
import { invalidValue, quote } from '../domain/given-value.ts';
import type { QueryTrace } from '../domain/trace.ts';
import { ServeError } from '../errors.ts';

/** Calls of calls of calls are told to this depth. */
const DEEPEST = 8;
/** And no more queries than these. */
const MOST_QUERIES = 100;

/**
 * The queries of this request id, then those that their code made, and so on. A replica that does not answer within a
 * second is left out. Rejects with INVALID_ARGUMENT when nothing is known.
 */
export async function traceOf(
  requestId: string,
  own: { find(requestId: string): QueryTrace[] },
  supervisors: readonly BackendSupervisor[],
): Promise<readonly QueryTrace[]> {
  if (typeof requestId !== 'string') throw invalidValue('requestId', 'a string, as in X-Request-Id', requestId);
  const hosts = supervisors.flatMap(({ slots }) => slots.flatMap(({ host }) => (host ? [host] : [])));
  const told = new Map<string, QueryTrace>();
  let wanted = [requestId];
  for (let depth = 0; depth < DEEPEST && wanted.length > 0; depth++) {
    const asked = wanted.flatMap((id) => [own.find(id), ...hosts.map((host) => host.traces(id))]);
    const found = (await Promise.all(asked)).flat();
    wanted = [];
    for (const trace of found.sort((a, b) => a.at.localeCompare(b.at))) {
      const key = `${trace.router} ${trace.number}`;
      if (told.has(key) || told.size >= MOST_QUERIES) continue;
      told.set(key, trace);
      if (trace.requestId !== requestId) wanted.push(trace.requestId);
    }
  }
  if (told.size === 0) throw unknown(requestId);
  return [...told.values()];
}

const unknown = (requestId: string): ServeError =>
  new ServeError(
    'INVALID_ARGUMENT',
    `nothing is known of request ${quote(requestId)}: it never reached a router, or it is not among the newest 16 384 ` +
      'queries any more; an id stands in X-Request-Id of an answer, in ref.requestId and in request.id',
  );
