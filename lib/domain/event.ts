/**
 * What has happened in an instance, for people: logs, the TUI, `servelab logs -f`. Past facts only; nothing in the
 * toolkit decides by them.
 */
interface Fact<Type extends string> {
  readonly type: Type;
  /** ISO time. */
  readonly at: string;
  /** One sentence for a reader. May hold a user's own text: print it through `formatEvent` only. */
  readonly message: string;
}

interface OfReplica {
  readonly backend: string;
  readonly replica: string;
}

interface OfTrial {
  readonly endpoint: string;
  readonly backend: string;
  readonly author: string;
}

/** A control change: the revision it made and who asked for it. */
interface Change {
  readonly revision: number;
  readonly author: string;
}

export type ServeEvent =
  | (Fact<'instance.started'> & { readonly instance: string; readonly pid: number })
  | (Fact<'instance.stopped'> & { readonly instance: string; readonly pid: number })
  | (Fact<'replica.started'> & OfReplica)
  /** It never became ready. `retryInMs`: when the next one is tried, null = not again. */
  | (Fact<'replica.failed'> & OfReplica & { readonly retryInMs: number | null })
  /** It ran and ended unasked. `retryInMs` as above. */
  | (Fact<'replica.died'> & OfReplica & { readonly retryInMs: number | null })
  | (Fact<'replica.unhealthy'> & OfReplica & { readonly failures: number })
  | (Fact<'replica.stopped'> & OfReplica)
  | (Fact<'backend.created'> & Change & { readonly backend: string })
  | (Fact<'backend.updated'> & Change & { readonly backend: string })
  | (Fact<'backend.deleted'> & Change & { readonly backend: string })
  | (Fact<'endpoint.created'> & Change & { readonly endpoint: string })
  | (Fact<'endpoint.updated'> & Change & { readonly endpoint: string })
  | (Fact<'endpoint.deleted'> & Change & { readonly endpoint: string })
  | (Fact<'traffic.set'> & Change & { readonly endpoint: string; readonly traffic: Readonly<Record<string, number>> })
  | (Fact<'shadow.set'> & Change & { readonly endpoint: string; readonly backend: string; readonly proportion: number })
  | (Fact<'state.rolledBack'> & Change & { readonly toRevision: number })
  /** Somebody compares the answers of `backend` with those of the endpoint, or no longer. */
  | (Fact<'trial.started' | 'trial.ended'> & OfTrial)
  /** Told to one reader alone, who was too slow: `count` events before the next one are no longer kept. */
  | (Fact<'events.missed'> & { readonly count: number })
  /** An answer came after its caller had gone or its deadline had passed. */
  | (Fact<'query.late'> & { readonly endpoint: string; readonly backend: string; readonly requestId: string })
  /** A failure nobody waits for. `source`: a replica's tag, or the part of the instance. */
  | (Fact<'error.unhandled'> & { readonly source: string; readonly stack: string | null });

export type ServeEventType = ServeEvent['type'];
export type EventLevel = 'info' | 'warning' | 'error';

/** How much an event asks for attention. */
export const EVENT_LEVELS: Readonly<Record<ServeEventType, EventLevel>> = Object.freeze({
  'instance.started': 'info',
  'instance.stopped': 'info',
  'replica.started': 'info',
  'replica.failed': 'error',
  'replica.died': 'error',
  'replica.unhealthy': 'warning',
  'replica.stopped': 'info',
  'backend.created': 'info',
  'backend.updated': 'info',
  'backend.deleted': 'info',
  'endpoint.created': 'info',
  'endpoint.updated': 'info',
  'endpoint.deleted': 'info',
  'traffic.set': 'info',
  'shadow.set': 'info',
  'state.rolledBack': 'info',
  'trial.started': 'info',
  'trial.ended': 'info',
  'events.missed': 'warning',
  'query.late': 'warning',
  'error.unhandled': 'error',
});

/** What the event is about: the narrowest name it carries. */
export function subjectOf(event: ServeEvent): string {
  if ('replica' in event) return event.replica;
  if ('endpoint' in event) return event.endpoint;
  if ('backend' in event) return event.backend;
  if ('source' in event) return event.source;
  if ('instance' in event) return event.instance;
  if (event.type === 'events.missed') return `${event.count} events`;
  return `revision ${event.revision}`;
}
