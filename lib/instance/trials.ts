/**
 * The trials under way. A trial is no part of what was asked of the instance: it is no shadow in the routing table, it
 * is not written down, and nothing has to be put back when it ends, in whatever way it does.
 */
import { requireBackend, requireEndpoint, type TargetState } from '../controller/operations.ts';
import { quote } from '../domain/given-value.ts';
import type { TrialOpening, TriedPairs } from '../domain/trial.ts';
import { ServeError } from '../errors.ts';
import { PairCollector } from '../router/pair-collector.ts';
import type { Router } from '../router/router.ts';

/** How long nobody may ask for its pairs before it ends, in ms: its client is stuck, or was killed unnoticed. */
const ABANDONED_MS = 30_000;
/** How long one waits for pairs, in ms: then he is told how things are. */
const WAIT_MS = 250;
const MOST_TRIALS = 100;

export interface TrialsParts {
  readonly router: Pick<Router, 'addTrial' | 'trialsOf'>;
  state(): TargetState;
  report(what: 'started' | 'ended', endpoint: string, backend: string, author: string): void;
}

interface OpenTrial {
  readonly pairs: PairCollector;
  /** Who waits for pairs. */
  wake: () => void;
  end(): void;
  /** Its client is there. */
  asked(): void;
}

export class Trials {
  readonly #parts: TrialsParts;
  readonly #open = new Map<number, OpenTrial>();
  #nextId = 1;

  constructor(parts: TrialsParts) {
    this.#parts = parts;
  }

  /** Throws ENDPOINT_NOT_FOUND, BACKEND_NOT_FOUND, INVALID_ARGUMENT. It ends when `gone` is aborted. */
  open(endpoint: string, backend: string, opening: TrialOpening, author: string, gone: AbortSignal | null): number {
    this.#requirePossible(endpoint, backend);
    const { router, report } = this.#parts;
    const id = this.#nextId++;
    const pairs = new PairCollector(opening, () => trial.wake());
    const remove = router.addTrial(endpoint, { backend, pairs });
    const end = (): void => {
      if (!this.#open.delete(id)) return;
      clearTimeout(abandoned);
      gone?.removeEventListener('abort', end);
      remove();
      trial.wake();
      report('ended', endpoint, backend, author);
    };
    const abandoned = setTimeout(end, ABANDONED_MS).unref();
    const trial: OpenTrial = { pairs, wake: () => {}, end, asked: () => void abandoned.refresh() };
    this.#open.set(id, trial);
    report('started', endpoint, backend, author);
    gone?.addEventListener('abort', end);
    if (gone?.aborted) end();
    return id;
  }

  /** What is ready; else what is after a moment. `last`: no more copies are made, and nothing is waited for. */
  async take(id: number, last: boolean): Promise<TriedPairs> {
    const trial = this.#require(id);
    trial.asked();
    if (last) trial.pairs.stop();
    else if (!trial.pairs.isReady) await within(WAIT_MS, trial);
    return trial.pairs.take();
  }

  /** One that has ended already is no failure. */
  close(id: number): void {
    this.#open.get(id)?.end();
  }

  endAll(): void {
    for (const trial of [...this.#open.values()]) trial.end();
  }

  #requirePossible(endpoint: string, backend: string): void {
    const { traffic } = requireEndpoint(this.#parts.state(), endpoint);
    requireBackend(this.#parts.state(), backend);
    const refuse = (why: string): ServeError => new ServeError('INVALID_ARGUMENT', why);
    if (!traffic.weights.some(([tag, weight]) => tag !== backend && weight > 0)) {
      throw refuse(
        `all of endpoint ${quote(endpoint)} goes to ${quote(backend)} already: there is nothing to compare it with`,
      );
    }
    if (this.#parts.router.trialsOf(endpoint).some((trial) => trial.backend === backend)) {
      throw refuse(`${quote(backend)} is on trial at endpoint ${quote(endpoint)} already; wait until that has ended`);
    }
    if (this.#open.size >= MOST_TRIALS) throw refuse(`${MOST_TRIALS} trials are under way; end some first`);
  }

  #require(id: number): OpenTrial {
    const trial = this.#open.get(id);
    if (trial) return trial;
    const why = `nobody asked for its pairs for ${ABANDONED_MS / 1000} s, or its client went away`;
    throw new ServeError('TIMEOUT', `the trial has ended: ${why}; start it again`);
  }
}

async function within(waitMs: number, trial: OpenTrial): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  trial.wake = resolve;
  const timer = setTimeout(resolve, waitMs);
  await promise;
  clearTimeout(timer);
}
