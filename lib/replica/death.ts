/** Why a replica died, as the toolkit has found out: without a stack, as where in the toolkit that was tells nobody anything. */
export function death(message: string, cause?: unknown): Error {
  const reason = new Error(message, cause === undefined ? undefined : { cause });
  delete reason.stack;
  return reason;
}
