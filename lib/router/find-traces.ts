/** What a router knows of one request, put together for somebody who asks. */
import type { EndpointEntry } from '../domain/routing-table.ts';
import type { QueryTrace, TracedLeg, TracedShadow } from '../domain/trace.ts';
import type { TraceNotes, TraceRow } from './query-traces.ts';

/** More queries of one request id are not told. */
const MOST_TOLD = 100;

/** Whether a query belongs to a request: by its own id, or as its code made it. */
export function belongsTo(requestId: string): (id: string, notes: TraceNotes | null) => boolean {
  return (id, notes) => {
    if (id === requestId) return true;
    const calledBy = notes?.origin.calledBy ?? '';
    return calledBy !== '' && calledBy.split(' ').includes(requestId);
  };
}

/** The queries among `rows` with their copies, oldest first; the newest hundred. `router`: whose it is. */
export function tracesOf(rows: readonly TraceRow[], router: string): QueryTrace[] {
  const copies = rows.filter(({ notes }) => notes?.isCopy);
  const own = rows.filter(({ notes }) => !notes?.isCopy).sort((a, b) => a.number - b.number);
  return withCopies(own.slice(-MOST_TOLD), copies, router);
}

/** The queries in their order, each with those of the copies that are its own. */
export function withCopies(rows: readonly TraceRow[], copies: readonly TraceRow[], router: string): QueryTrace[] {
  const ofDraws = Map.groupBy(copies, ({ notes }) => notes?.shadows);
  return rows.map((row) => traceOf(row, router, (row.notes?.shadows && ofDraws.get(row.notes.shadows)) ?? []));
}

/** Whether a query is a copy of one of these. */
export function isCopyOf(rows: readonly TraceRow[]): (notes: TraceNotes | null) => boolean {
  const draws = new Set(rows.map(({ notes }) => notes?.shadows ?? null));
  return (notes) => notes?.isCopy === true && draws.has(notes.shadows);
}

function traceOf(row: TraceRow, router: string, copies: readonly TraceRow[]): QueryTrace {
  const { id, endpoint, number, draw, notes, arrivedAt } = row;
  const shardKey = notes?.shardKey ?? null;
  return {
    requestId: id,
    endpoint: endpoint.name,
    number,
    at: new Date(performance.timeOrigin + arrivedAt).toISOString(),
    router,
    lineage: namesIn(notes?.origin.lineage),
    calledBy: namesIn(notes?.origin.calledBy),
    traffic: Object.fromEntries(endpoint.traffic.weights),
    draw: shardKey === null && endpoint.traffic.weights.length > 1 ? draw : null,
    shardKey,
    ...legOf(row),
    shadows: shadowsOf(endpoint, notes?.shadows?.draws ?? [], copies),
  };
}

function shadowsOf({ shadows }: EndpointEntry, draws: readonly number[], copies: readonly TraceRow[]): TracedShadow[] {
  const legs = new Map(copies.map((copy) => [copy.place.backend, legOf(copy)]));
  const told = shadows.map(([backend, proportion], at): TracedShadow => {
    const copy = legs.get(backend) ?? null;
    legs.delete(backend);
    return { backend, proportion, draw: draws[at] ?? null, copy };
  });
  const onTrial = [...legs].map(([backend, copy]): TracedShadow => ({ backend, proportion: null, draw: null, copy }));
  return [...told, ...onTrial];
}

function legOf({ place, notes, arrivedAt, sentAt, waitMs, tookMs, endedAt, outcome }: TraceRow): TracedLeg {
  return {
    backend: place.backend,
    replica: place.replica,
    givenBack: notes?.givenBack ?? [],
    queuedAtRouterMs: place.replica === null ? null : numberOrNull(sentAt - arrivedAt),
    queuedAtReplicaMs: numberOrNull(waitMs),
    processingMs: numberOrNull(tookMs),
    totalMs: numberOrNull(endedAt - arrivedAt),
    outcome,
  };
}

const namesIn = (joined: string | undefined): string[] => (joined ? joined.split(' ') : []);

const numberOrNull = (value: number): number | null => (Number.isNaN(value) ? null : value);
