import { isDeepStrictEqual } from 'node:util';
import type { BackendConfig, BackendTag } from '../domain/backend.ts';
import type { BackendSource } from './backend-source.ts';
import type { TargetState } from './operations.ts';

interface Wanted {
  readonly tag: BackendTag;
  readonly source: BackendSource;
  readonly config: BackendConfig;
}

export interface RollbackPlan {
  readonly toCreate: readonly Wanted[];
  /** Their code is another. */
  readonly toReplace: readonly Wanted[];
  readonly toReconfigure: readonly (Omit<Wanted, 'source'> & { readonly before: BackendConfig })[];
  readonly toDelete: readonly { readonly tag: BackendTag; readonly graceMs: number }[];
}

/** What leads from the backends of one state to those of another. Pure. */
export function planRollback(from: TargetState, to: TargetState): RollbackPlan {
  const wanted = [...to.backends].flatMap(([tag, config]) => {
    const source = to.sources.get(tag);
    return source ? [{ tag, source, config, before: from.backends.get(tag) }] : [];
  });
  const isOther = ({ tag, source }: Wanted): boolean => !isDeepStrictEqual(source, from.sources.get(tag));
  const there = wanted.flatMap(({ before, ...one }) => (before === undefined ? [] : [{ ...one, before }]));
  return {
    toCreate: wanted.filter(({ before }) => before === undefined),
    toReplace: there.filter(isOther),
    toReconfigure: there.filter((one) => !isOther(one) && !isDeepStrictEqual(one.before, one.config)),
    toDelete: [...from.backends]
      .filter(([tag]) => !to.backends.has(tag))
      .map(([tag, config]) => ({ tag, graceMs: config.gracefulShutdownTimeoutMs })),
  };
}
