/** Why replicas do not fit on a node, in words: what is needed, what is free and where, and who holds the rest. Pure. */
import { quote } from './given-value.ts';
import { nearestName } from './names.ts';
import { place, type Room } from './placement.ts';
import type { ReplicaTag } from './replica.ts';
import { type Needs, toAmount, UNITS_PER_ONE } from './resources.ts';

export interface Holder {
  readonly replica: ReplicaTag;
  readonly units: number;
  /** It is being ended. */
  readonly isEnding: boolean;
}

/** Something of which there is a total. */
export interface Account {
  readonly total: number;
  readonly holders: readonly Holder[];
}

export interface GpuAccount {
  readonly key: string;
  readonly index: number;
  readonly holders: readonly Holder[];
}

/** One node's account, in units. */
export interface NodeAccount {
  readonly node: string;
  readonly cpus: Account & { readonly isEnforced: boolean };
  /** Those that may be given out. */
  readonly gpus: readonly GpuAccount[];
  readonly custom: ReadonlyMap<string, Account>;
  /** Why there are no more GPUs than these; null = nothing to say. */
  readonly gpuNote: string | null;
}

/** More than these are not named. */
const MOST_HOLDERS = 8;

/** What is free now. With `ending` 'free', also what is held by those that are being ended. */
export function roomOf(account: NodeAccount, ending: 'held' | 'free' = 'held'): Room {
  const left = ({ total, holders }: Account): number =>
    holders.reduce((free, { units, isEnding }) => (isEnding && ending === 'free' ? free : free - units), total);
  return {
    cpus: account.cpus.isEnforced ? left(account.cpus) : null,
    gpus: account.gpus.map(({ key, holders }) => ({ key, free: left({ total: UNITS_PER_ONE, holders }) })),
    custom: new Map([...account.custom].map(([name, of]) => [name, left(of)])),
  };
}

/** `0.5 of a GPU and 2 CPUs for each of 3 replicas` */
export function describeNeeds(needs: Needs, count: number): string {
  const parts = [
    ...(needs.gpus > 0 ? [describeGpus(needs.gpus)] : []),
    ...(needs.cpus > 0 ? [counted(needs.cpus, 'CPU')] : []),
    ...[...needs.custom].map(([name, units]) => `${toAmount(units)} ${quote(name)}`),
  ];
  const each = count > 1 ? ` for each of ${count} replicas` : '';
  return (parts.length > 1 ? `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}` : parts.join('')) + each;
}

/** What is too little for `count` replicas, e.g. `0.5 of 2 GPUs free (0.5 of GPU 1); held by 'a#1' (1 of GPU 0)`. */
export function describeShortage(needs: Needs, count: number, account: NodeAccount): string {
  const room = roomOf(account);
  const isShort = (part: Partial<Needs>): boolean =>
    place({ cpus: 0, gpus: 0, custom: new Map(), placement: needs.placement, ...part }, count, room) === null;
  return [
    ...(isShort({ gpus: needs.gpus }) ? [freeGpus(account, room)] : []),
    ...(isShort({ cpus: needs.cpus }) ? [freeOf('CPUs', account.cpus, room.cpus ?? 0)] : []),
    ...[...needs.custom].flatMap(([name, units]) =>
      isShort({ custom: new Map([[name, units]]) }) ? [freeCustom(name, account, room)] : [],
    ),
  ].join('; ');
}

/** The message of INSUFFICIENT_RESOURCES. */
export function describeRefusal(backend: string, needs: Needs, count: number, account: NodeAccount): string {
  const empty: NodeAccount = {
    ...account,
    cpus: { ...account.cpus, holders: [] },
    gpus: account.gpus.map((gpu) => ({ ...gpu, holders: [] })),
    custom: new Map([...account.custom].map(([name, { total }]) => [name, { total, holders: [] }])),
  };
  const next = place(needs, count, roomOf(empty))
    ? 'delete or scale down a holder, or ask for less'
    : 'that is more than it has in all: ask for less, or declare more in serve.start({ resources })';
  const needed = describeNeeds(needs, count);
  return `backend '${backend}' needs ${needed}, and node '${account.node}' has ${describeShortage(needs, count, account)}; ${next}`;
}

function freeGpus({ gpus, gpuNote }: NodeAccount, room: Room): string {
  if (gpus.length === 0) return `no GPU${gpuNote === null ? '' : `: ${gpuNote}`}`;
  const places = room.gpus.flatMap(({ free }, at) => (free > 0 ? [`${toAmount(free)} of GPU ${gpus[at]?.index}`] : []));
  const free = room.gpus.reduce((sum, gpu) => sum + gpu.free, 0);
  const where = places.length > 0 ? ` (${places.join(', ')})` : '';
  const held = gpus.flatMap(({ index, holders }) =>
    holders.map((holder) => describeHolder(holder, ` of GPU ${index}`)),
  );
  return `${toAmount(free)} of ${counted(gpus.length * UNITS_PER_ONE, 'GPU')} free${where}${listed(held)}${gpuNote === null ? '' : `; ${gpuNote}`}`;
}

function freeCustom(name: string, { custom }: NodeAccount, room: Room): string {
  const account = custom.get(name);
  if (account) return freeOf(quote(name), account, room.custom.get(name) ?? 0);
  const nearest = nearestName(name, custom.keys());
  const hint = nearest === null ? 'none is declared' : `did you mean '${nearest}'?`;
  return `no ${quote(name)}: ${hint}`;
}

function freeOf(what: string, { total, holders }: Account, free: number): string {
  const held = holders.filter(({ units }) => units > 0).map((holder) => describeHolder(holder, ''));
  return `${toAmount(free)} of ${toAmount(total)} ${what} free${listed(held)}`;
}

const describeHolder = ({ replica, units, isEnding }: Holder, where: string): string =>
  `'${replica}' (${toAmount(units)}${where}${isEnding ? ', ending' : ''})`;

function listed(holders: readonly string[]): string {
  if (holders.length === 0) return '';
  const more = holders.length > MOST_HOLDERS ? ` and ${holders.length - MOST_HOLDERS} more` : '';
  return `; held by ${holders.slice(0, MOST_HOLDERS).join(', ')}${more}`;
}

const describeGpus = (units: number): string =>
  units < UNITS_PER_ONE ? `${toAmount(units)} of a GPU` : counted(units, 'GPU');

const counted = (units: number, what: string): string =>
  `${toAmount(units)} ${what}${units === UNITS_PER_ONE ? '' : 's'}`;
