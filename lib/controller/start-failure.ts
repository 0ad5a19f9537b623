import type { BackendTag } from '../domain/backend.ts';
import { ServeError } from '../errors.ts';

/** What `replica/` rejects a start with, by its shape: parts do not know each other's classes. */
const isStartFailure = (error: unknown): error is Error & { isFinal: boolean } =>
  error instanceof Error && 'isFinal' in error;

export const isFinal = (error: unknown): boolean =>
  isStartFailure(error) ? error.isFinal : error instanceof ServeError;

export const isLackOfResources = (error: unknown): boolean =>
  error instanceof ServeError && error.code === 'INSUFFICIENT_RESOURCES';

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What the caller is told: the toolkit's own refusals as they are, anything else as BACKEND_START_FAILED. */
export function startFailed(tag: BackendTag, error: unknown): ServeError {
  const cause = isStartFailure(error) ? error.cause : error;
  if (cause instanceof ServeError) return cause;
  const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  const message = `backend '${tag}' could not start: ${reason}; nothing of it was kept`;
  return new ServeError('BACKEND_START_FAILED', message, { cause });
}
