import { type BackendConfig, type BackendTag, batchSizeOf } from '../domain/backend.ts';
import type { ReplicaTraits } from '../domain/replica.ts';
import { ServeError } from '../errors.ts';

/** Throws BATCH_NOT_ACCEPTED or INVALID_ARGUMENT when the backend's code cannot do what the config asks. */
export function requireFit(tag: BackendTag, config: BackendConfig, traits: ReplicaTraits): void {
  const size = batchSizeOf(config);
  if (size > 1 && !traits.acceptsBatches) {
    throw new ServeError(
      'BATCH_NOT_ACCEPTED',
      `maxBatchSize is ${size}, but nothing in backend '${tag}' takes arrays; mark it with acceptBatch(...), or set maxBatchSize 1`,
    );
  }
  if (config.userConfig !== undefined && !traits.canReconfigure) {
    throw new ServeError(
      'INVALID_ARGUMENT',
      `backend '${tag}' has no reconfigure(userConfig) method to give the userConfig to; add one, or leave it out`,
    );
  }
}
