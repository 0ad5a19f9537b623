/** A target state as what a journal keeps: a small plain state, and by name what may be large and seldom changes. */
import { deserialize, serialize } from 'node:v8';
import type { BackendSource } from '../controller/backend-source.ts';
import type { TargetState } from '../controller/operations.ts';
import { type BackendConfig, DEFAULT_BACKEND_CONFIG } from '../domain/backend.ts';
import type { EndpointEntry } from '../domain/routing-table.ts';
import { ServeError } from '../errors.ts';

/** Counted up when an older version could not read what is written. */
const FORMAT = 1;

interface PlainState {
  readonly format: number;
  /** Without their `userConfig`. */
  readonly backends: readonly (readonly [tag: string, config: Omit<BackendConfig, 'userConfig'>])[];
  readonly endpoints: readonly EndpointEntry[];
}

export interface LargeValue {
  readonly live: unknown;
  /** Throws NOT_SERIALIZABLE. */
  bytes(): Uint8Array;
}

const sourceName = (tag: string): string => `source ${tag}`;
const userConfigName = (tag: string): string => `userConfig ${tag}`;

export function encodeState(state: TargetState): { plain: unknown; values: ReadonlyMap<string, LargeValue> } {
  const values = new Map<string, LargeValue>();
  const keep = (name: string, live: unknown): void => {
    values.set(name, { live, bytes: () => written(name, live) });
  };
  const backends = [...state.backends].map(([tag, { userConfig, ...config }]) => {
    keep(sourceName(tag), state.sources.get(tag));
    if (userConfig !== undefined) keep(userConfigName(tag), userConfig);
    return [tag, config] as const;
  });
  return { plain: { format: FORMAT, backends, endpoints: [...state.endpoints.values()] } satisfies PlainState, values };
}

/** Throws STORE_INCOMPATIBLE for what a newer servelab or Node has written. */
export function decodeState(revision: number, plain: unknown, bytes: ReadonlyMap<string, Uint8Array>): TargetState {
  const { format, backends, endpoints } = plain as PlainState;
  if (format !== FORMAT) {
    const found = `revision ${revision} was written in format ${format}, and this servelab reads ${FORMAT}`;
    throw new ServeError('STORE_INCOMPATIBLE', `${found}; start the instance with the version that it ran on`);
  }
  const partOf = (name: string): unknown => {
    const part = bytes.get(name);
    return part && read(revision, name, part);
  };
  return {
    revision,
    backends: new Map(
      backends.map(([tag, config]) => [
        tag,
        // What was added since has its default.
        Object.freeze({ ...DEFAULT_BACKEND_CONFIG, ...config, userConfig: partOf(userConfigName(tag)) }),
      ]),
    ),
    sources: new Map(backends.map(([tag]) => [tag, partOf(sourceName(tag)) as BackendSource])),
    endpoints: new Map(endpoints.map((entry) => [entry.name, entry])),
  };
}

function written(name: string, live: unknown): Uint8Array {
  try {
    return serialize(live);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new ServeError('NOT_SERIALIZABLE', `${name} cannot be written down: ${found}; give plain data`, { cause });
  }
}

function read(revision: number, name: string, part: Uint8Array): unknown {
  try {
    return deserialize(part);
  } catch (cause) {
    const found = `Node ${process.version} cannot read ${name} of revision ${revision}, which another version has written`;
    throw new ServeError('STORE_INCOMPATIBLE', `${found}; start the instance with the version that it ran on`, {
      cause,
    });
  }
}
