import { ServeError } from '../../lib/index.ts';

/** What an instance or the system may answer; anything else is a fault of ours. */
export const isServeFailure = (error: unknown): error is Error =>
  error instanceof ServeError || (error instanceof Error && 'code' in error);

/** Of what was thrown, whatever it was. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
