import type { BackendTag } from '../domain/backend.ts';
import type { BackendSupervisor } from './backend-supervisor.ts';

/** Backends that are deleted, or whose code was replaced: they finish what they have. */
export class Leavers {
  readonly #gone = new Map<BackendSupervisor, Promise<void>>();
  readonly #touched: () => void;

  constructor(touched: () => void) {
    this.#touched = touched;
  }

  get all(): readonly BackendSupervisor[] {
    return [...this.#gone.keys()];
  }

  has(tag: BackendTag): boolean {
    return this.all.some((supervisor) => supervisor.tag === tag);
  }

  /** It leaves, as soon as a table without it is published. */
  add(supervisor: BackendSupervisor, graceMs: number): void {
    const gone = (async () => {
      await null; // all of a commit is published at once
      await supervisor.remove(graceMs);
      this.#gone.delete(supervisor);
      this.#touched();
    })();
    this.#gone.set(supervisor, gone);
  }

  /** Resolves when all of that tag are gone, with no grace at once. */
  async left(tag: BackendTag, graceMs: number): Promise<void> {
    const leaving = [...this.#gone].filter(([supervisor]) => supervisor.tag === tag);
    if (graceMs === 0) for (const [supervisor] of leaving) void supervisor.remove(0);
    await Promise.all(leaving.map(([, gone]) => gone));
  }
}
