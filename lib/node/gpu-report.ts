/** What nvidia-smi prints, read with suspicion: drivers put warnings, errors and `[N/A]` where figures should be. Pure. */
import { quote } from '../domain/given-value.ts';

export interface FoundGpu {
  /** As nvidia-smi counts them: in the order of the PCI bus. */
  readonly index: number;
  readonly uuid?: string;
  readonly name?: string;
  readonly memoryBytes?: number;
  readonly memoryUsedBytes?: number;
  /** Busy part of the last sample period, 0 to 1. */
  readonly utilization?: number;
}

export interface GpuReport {
  /** By index. */
  readonly gpus: readonly FoundGpu[];
  /** Why there may be more than these; null = nothing to say. */
  readonly trouble: string | null;
}

/** In the order in which `parseGpus` reads them. The name may hold commas: it is what the other fields leave over. */
export const GPU_FIELDS = 'index,uuid,name,memory.total,memory.used,utilization.gpu';

const FIELDS_BEFORE_NAME = 2;
const FIELDS_AFTER_NAME = 3;
const BYTES_PER_MIB = 1024 * 1024;
const HEADER = /^index, ?uuid,/;
/** Printed beside the figures, of things that keep nobody from using the GPU. */
const WARNING = /^\s*warning\b/i;
/** Slices of a GPU, which are no GPU of their own. */
const SLICE = /^\s*(?:MIG\b|\d+, ?MIG-)/;

/** The GPUs in what `--query-gpu=… --format=csv,noheader,nounits` has printed. */
export function parseGpus(printed: string): GpuReport {
  const gpus = new Map<number, FoundGpu>();
  const troubles: string[] = [];
  for (const line of printed.split('\n')) {
    if (line.trim() === '' || WARNING.test(line) || SLICE.test(line) || HEADER.test(line)) continue;
    const gpu = parseGpu(line);
    const isTaken = gpu && [...gpus.values()].some((other) => isSame(gpu, other));
    if (gpu && !isTaken) gpus.set(gpu.index, gpu);
    else troubles.push(quote(line.trim()));
  }
  const trouble = troubles.length === 0 ? null : `nvidia-smi printed ${troubles.slice(0, 3).join(', ')}`;
  return { gpus: [...gpus.values()].sort((a, b) => a.index - b.index), trouble };
}

const isSame = (a: FoundGpu, b: FoundGpu): boolean =>
  a.index === b.index || (a.uuid !== undefined && a.uuid === b.uuid);

/** Null when it is no line of a GPU that can be used: `[GPU is lost]` stands where its UUID should. */
function parseGpu(line: string): FoundGpu | null {
  const fields = line.split(',').map((field) => field.trim());
  if (fields.length <= FIELDS_BEFORE_NAME + FIELDS_AFTER_NAME) return null;
  const [index = '', uuid = ''] = fields;
  const name = known(fields.slice(FIELDS_BEFORE_NAME, -FIELDS_AFTER_NAME).join(', '));
  const [total, used, busy] = fields.slice(-FIELDS_AFTER_NAME).map(numberIn);
  if (!/^\d{1,4}$/.test(index) || total === undefined || used === undefined || busy === undefined) return null;
  const hasUuid = /^GPU-[\w-]+$/.test(uuid);
  if (!hasUuid && !isNotAvailable(uuid)) return null;
  return {
    index: Number(index),
    ...(hasUuid && { uuid }),
    ...(name !== null && { name }),
    ...(total !== null && { memoryBytes: Math.round(total * BYTES_PER_MIB) }),
    ...(used !== null && { memoryUsedBytes: Math.round(used * BYTES_PER_MIB) }),
    ...(busy !== null && { utilization: Math.min(1, busy / 100) }),
  };
}

/** Null = not told; undefined = neither a figure nor a way to say that there is none. */
function numberIn(field: string): number | null | undefined {
  const figure = /^(\d+(?:\.\d+)?)(?: ?(?:MiB|%))?$/.exec(field)?.[1];
  if (figure !== undefined) return Number(figure);
  return isBracketed(field) ? null : undefined;
}

const known = (field: string): string | null => (field === '' || isBracketed(field) ? null : field);

const isNotAvailable = (field: string): boolean => /^\[(?:N\/A|Not Supported)\]$/i.test(field);

/** `[N/A]`, `[Not Supported]`, `[Unknown Error]`, `[Insufficient Permissions]`; older ones print N/A and ERR!. */
const isBracketed = (field: string): boolean => /^\[[^\]]*\]$|^N\/A$|^ERR!$/i.test(field);
