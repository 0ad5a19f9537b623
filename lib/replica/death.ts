/** How a replica ended, where that is the instance's own observation: where it was made is of no use to anybody. */
export function death(message: string, cause?: unknown): Error {
  const error = new Error(message, cause === undefined ? undefined : { cause });
  error.stack = message;
  return error;
}
