import type { BackendTag } from '../domain/backend.ts';
import type { AnswerSink, Query } from '../domain/query.ts';
import type { PairCollector } from './pair-collector.ts';

/** A backend that answers copies of an endpoint's queries for somebody who compares the answers. */
export interface Trial {
  readonly backend: BackendTag;
  readonly pairs: PairCollector;
}

/** What the split gives to a backend itself is not compared with it. */
export function beginTrials(
  trials: readonly Trial[],
  chosen: BackendTag,
  query: Query,
  caller: AnswerSink,
  random: () => number,
): { readonly tried: AnswerSink; readonly copySinks: ReadonlyMap<BackendTag, AnswerSink> } {
  const copySinks = new Map<BackendTag, AnswerSink>();
  let tried = caller;
  for (const { backend, pairs } of trials) {
    if (backend === chosen || !pairs.wants(random())) continue;
    const { own, copy } = pairs.begin(query, tried);
    tried = own;
    copySinks.set(backend, copy);
  }
  return { tried, copySinks };
}
