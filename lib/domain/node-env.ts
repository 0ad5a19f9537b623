/** A directory of packages, and a Node binary, for a backend's replicas. `nodeEnv` describes one; nothing is checked. */
export interface NodeEnv {
  readonly kind: 'node-env';
  /** Absolute path. */
  readonly directory: string;
  /** As given: a name on PATH, or a path, absolute or relative to `directory`. Null = the instance's own Node. */
  readonly node: string | null;
}

/** A `NodeEnv` that was found: both are absolute paths. Plain data that may be sent anywhere on this machine. */
export interface FoundEnv {
  readonly directory: string;
  /** Null = the instance's own Node. */
  readonly node: string | null;
}

/** Registered, so that it is known to another copy of the toolkit. */
const NODE_ENV = Symbol.for('servelab.nodeEnv');

export function describeEnv(directory: string, node: string | null): NodeEnv {
  const env: NodeEnv = { kind: 'node-env', directory, node };
  return Object.freeze(Object.defineProperty(env, NODE_ENV, { value: true }));
}

/** True for what `nodeEnv` made, also in another copy of the toolkit. */
export const isNodeEnv = (value: unknown): value is NodeEnv =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, NODE_ENV);
