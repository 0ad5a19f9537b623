/** Endpoints that are to take over each other's routes: which first. Pure. */
import { ServeError } from '../errors.ts';
import { quote } from './given-value.ts';
import { parseRoute } from './route.ts';

type Routes = ReadonlyMap<string, string | null>;

export interface RouteOrder {
  /** All that have a wanted route, each behind the one whose route it takes. */
  readonly order: readonly string[];
  /** Those that must let go of theirs before anything: they want each other's in a circle. */
  readonly freeFirst: ReadonlySet<string>;
  /** Of those that go: whose route is wanted. */
  readonly deleteFirst: ReadonlySet<string>;
}

/** `current` has all endpoints. Throws ROUTE_EXISTS for a route of one that keeps it. */
export function orderByRoutes(current: Routes, wanted: Routes, going: readonly string[]): RouteOrder {
  const holders = new Map([...current].flatMap(([name, route]) => (route === null ? [] : [[keyOf(route), name]])));
  const order = new Set<string>();
  const underWay = new Set<string>();
  const freeFirst = new Set<string>();
  const deleteFirst = new Set<string>();
  const makeWay = (holder: string, name: string): void => {
    if (going.includes(holder)) deleteFirst.add(holder);
    else if (!moves(holder, current, wanted)) throw isTaken(name, wanted.get(name), holder);
    else if (underWay.has(holder)) freeFirst.add(holder);
    else visit(holder);
  };
  const visit = (name: string): void => {
    if (order.has(name)) return;
    underWay.add(name);
    const route = wanted.get(name);
    const holder = typeof route === 'string' ? holders.get(keyOf(route)) : undefined;
    if (holder !== undefined && holder !== name) makeWay(holder, name);
    underWay.delete(name);
    order.add(name);
  };
  for (const name of wanted.keys()) visit(name);
  return { order: [...order], freeFirst, deleteFirst };
}

/** Whether it lets go of the route that it has. */
function moves(name: string, current: Routes, wanted: Routes): boolean {
  const [from, to] = [current.get(name), wanted.get(name)];
  return typeof from === 'string' && to !== undefined && (to === null || keyOf(to) !== keyOf(from));
}

const keyOf = (route: string): string => parseRoute(route).key;

const isTaken = (name: string, route: string | null | undefined, holder: string): ServeError =>
  new ServeError(
    'ROUTE_EXISTS',
    `endpoint '${name}' cannot have the route ${quote(`${route}`)}: it belongs to endpoint '${holder}', which keeps it; ` +
      `give '${holder}' another one, or delete it`,
  );
