import { ServeError } from '../errors.ts';

/** What `replica/` rejects a start with, by its shape: parts do not know each other's classes. */
export const isStartFailure = (error: unknown): error is Error & { isFinal: boolean } =>
  error instanceof Error && 'isFinal' in error;

export const isFinal = (error: unknown): boolean =>
  isStartFailure(error) ? error.isFinal : error instanceof ServeError;

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
