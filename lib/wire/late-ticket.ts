import type { QueryTicket } from '../domain/query.ts';

/** A query that is submitted when who takes it is there, unless it was given up by then. `opening` rejecting is `failed`. */
export function lateTicket<Taker>(
  opening: Promise<Taker>,
  submit: (taker: Taker) => QueryTicket,
  failed: (error: unknown) => void = () => {},
): QueryTicket {
  let ticket: QueryTicket | null = null;
  let isCancelled = false;
  opening.then((taker) => {
    if (!isCancelled) ticket = submit(taker);
  }, failed);
  return {
    cancel() {
      isCancelled = true;
      ticket?.cancel();
    },
  };
}
