/** What a key acts on. */
import type { ServeStatus } from '../../lib/index.ts';
import type { Plan } from '../actions/plan.ts';
import type { Look } from '../frame/look.ts';
import type { Live } from '../model/live.ts';
import type { LogLines } from '../model/log.ts';
import type { Pictures } from '../model/pictures.ts';
import { gpuId, shownGpus } from '../views/gpus.ts';
import { latencyId, shownLatencies } from '../views/latency.ts';
import { chosenEndpoint, shownEndpoints } from '../views/overview.ts';
import { shownPictures } from '../views/pictures.ts';
import { chosenReplica, shownReplicas } from '../views/replicas.ts';
import type { Detail, Ui, View } from './ui.ts';

export interface Context {
  readonly ui: Ui;
  /** What is shown: what is, or what was when it was frozen. */
  readonly live: Live;
  /** What is. */
  readonly now: Live;
  readonly log: LogLines;
  readonly pictures: Pictures;
  /** In ms. */
  readonly time: number;
  /** Of the list that is shown, in lines. */
  readonly pageRows: number;
  readonly look: Look;
  /** Null: things may be changed. */
  readonly readonlyReason: string | null;
}

/** What the keyboard cannot do by itself. */
export type Effect =
  | { readonly type: 'quit' | 'suspend' | 'retry' | 'wall' | 'pager' | 'snapshot' | 'undo' }
  | { readonly type: 'run'; readonly plan: Plan }
  | { readonly type: 'copy'; readonly text: string };

export interface Step {
  readonly ui: Ui;
  readonly effect?: Effect;
}

/** Ids of the rows of a view, in their order. */
export function rowIds(context: Pick<Context, 'ui' | 'live' | 'pictures'>, view: View): string[] {
  switch (view) {
    case 'overview':
      return shownEndpoints(context).map(({ name }) => name);
    case 'replicas':
      return shownReplicas(context).map(({ tag }) => tag);
    case 'gpus':
      return shownGpus(context).map(gpuId);
    case 'latency':
      return shownLatencies(context).map(latencyId);
    case 'pictures':
      return shownPictures(context).map(({ key }) => key);
    case 'events':
    case 'log':
      return [];
  }
}

/** The thing that is looked at: of a page, or of the selected row; null where no row means one. */
export function subject({ ui, live }: Pick<Context, 'ui' | 'live'>): Detail | null {
  if (ui.detail !== null) return ui.detail;
  switch (ui.view) {
    case 'overview': {
      const name = chosenEndpoint({ ui, live })?.name;
      return name === undefined ? null : { kind: 'endpoint', name };
    }
    case 'replicas': {
      const name = chosenReplica({ ui, live })?.tag;
      return name === undefined ? null : { kind: 'replica', name };
    }
    case 'latency': {
      const rows = shownLatencies({ ui, live });
      const row = rows.find((one) => latencyId(one) === ui.selected.latency) ?? rows[0];
      return row === undefined ? null : { kind: row.kind, name: row.name };
    }
    case 'gpus':
    case 'events':
    case 'log':
    case 'pictures':
      return null;
  }
}

/** The backend that is meant: itself, that of a replica, the only one of an endpoint. */
export function subjectBackend(context: Pick<Context, 'ui' | 'live'>): string | null {
  const found = subject(context);
  const status = context.live.status;
  if (found === null || status === null) return null;
  if (found.kind === 'backend') return found.name;
  if (found.kind === 'replica') return status.replicas.find(({ tag }) => tag === found.name)?.backend ?? null;
  const [only, another] = Object.keys(status.endpoints[found.name]?.traffic ?? {});
  return only !== undefined && another === undefined ? only : null;
}

export function subjectEndpoint(context: Pick<Context, 'ui' | 'live'>): string | null {
  const found = subject(context);
  if (found?.kind === 'endpoint') return found.name;
  const backend = subjectBackend(context);
  const users = endpointsOf(context.live.status, backend);
  return users.length === 1 ? (users[0] ?? null) : null;
}

const endpointsOf = (status: ServeStatus | null, backend: string | null): string[] =>
  Object.entries(status?.endpoints ?? {})
    .filter(([, { traffic, shadows }]) => backend !== null && (backend in traffic || backend in shadows))
    .map(([name]) => name);
