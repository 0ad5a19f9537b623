import { type Needs, UNITS_PER_ONE } from './resources.ts';

/** What is free, in units. */
export interface Room {
  /** null = any number: CPUs that are counted only. */
  readonly cpus: number | null;
  /** In the order in which they are tried. */
  readonly gpus: readonly GpuRoom[];
  readonly custom: ReadonlyMap<string, number>;
}

export interface GpuRoom {
  /** Of this GPU alone, whatever index it has today. */
  readonly key: string;
  /** 0 to UNITS_PER_ONE. */
  readonly free: number;
}

/** Units of one GPU. */
export interface Share {
  readonly gpu: string;
  readonly units: number;
}

/**
 * The shares of GPUs of each of `count` replicas with the same needs; null when not all of them fit. Pure.
 *
 * A fraction goes on one GPU, never over two; whole GPUs are taken where nobody holds a part. Packed, a fraction goes on
 * the first GPU in use that has room, and opens another one only when none has: fewest GPUs for equal fractions.
 */
export function place(needs: Needs, count: number, room: Room): readonly (readonly Share[])[] | null {
  if (room.cpus !== null && needs.cpus * count > room.cpus) return null;
  for (const [name, units] of needs.custom) if (units * count > (room.custom.get(name) ?? 0)) return null;
  return placeOnGpus(needs, count, room.gpus);
}

function placeOnGpus(needs: Needs, count: number, gpus: readonly GpuRoom[]): readonly (readonly Share[])[] | null {
  if (needs.gpus === 0) return Array.from({ length: count }, () => []);
  const left = gpus.map(({ key, free }) => ({ key, free }));
  const placed: Share[][] = [];
  for (let replica = 0; replica < count; replica++) {
    const chosen = choose(needs, left);
    if (!chosen) return null;
    const units = Math.min(needs.gpus, UNITS_PER_ONE);
    for (const gpu of chosen) gpu.free -= units;
    placed.push(chosen.map(({ key }) => ({ gpu: key, units })));
  }
  return placed;
}

/** The GPUs of one replica. */
function choose<Gpu extends GpuRoom>({ gpus: units, placement }: Needs, gpus: readonly Gpu[]): readonly Gpu[] | null {
  if (units >= UNITS_PER_ONE) {
    const wanted = units / UNITS_PER_ONE;
    const untouched = gpus.filter(({ free }) => free === UNITS_PER_ONE).slice(0, wanted);
    return untouched.length === wanted ? untouched : null;
  }
  const fitting = gpus.filter(({ free }) => free >= units);
  const [first] = fitting;
  if (!first) return null;
  if (placement === 'spread') return [fitting.reduce((most, gpu) => (gpu.free > most.free ? gpu : most))];
  return [fitting.find(({ free }) => free < UNITS_PER_ONE) ?? first];
}
