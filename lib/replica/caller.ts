/** What calls that user code makes are part of: where they came from, and when nobody wants them any more. */
import type { IncomingQuery } from '../wire/query-receiver.ts';

export interface Caller extends Pick<IncomingQuery, 'lineage' | 'onAborted'> {
  /** Joined by spaces. */
  readonly requestIds: string;
}

/** The caller of what a whole batch calls: it comes from all of them, and is given up when each of them was. */
export function callerOf(queries: readonly IncomingQuery[]): Caller {
  const [first] = queries;
  if (first && queries.length === 1) return first;
  const replicas = new Set(queries.flatMap(({ lineage }) => (lineage === '' ? [] : lineage.split(' '))));
  return {
    lineage: [...replicas].join(' '),
    requestIds: queries.map(({ requestIds }) => requestIds).join(' '),
    onAborted(listener) {
      let left = queries.length;
      const takeBacks = queries.map((query) =>
        query.onAborted((code) => {
          left--;
          if (left === 0) listener(code);
        }),
      );
      return () => {
        for (const takeBack of takeBacks) takeBack();
      };
    },
  };
}
