/** The instances of this user on this machine, running or not. */

export interface InstanceListing {
  readonly name: string;
  /** 'stopped': it ended without being shut down. What it printed is kept; a detached one goes on when it is started again. */
  readonly state: 'running' | 'stopped';
  /** Of its process; null when it does not run. */
  readonly pid: number | null;
  /** Null without a server, and when it does not tell. */
  readonly httpUrl: string | null;
  readonly host: 'inline' | 'process' | null;
  readonly detached: boolean | null;
  /** ISO time; null when it does not run or does not tell. */
  readonly startedAt: string | null;
  /** Why a running one tells nothing of itself: it does not answer, or is of another version. Null = it does. */
  readonly problem: string | null;
  /** Absolute path of the directory with its control socket and its state. */
  readonly directory: string;
  /** Absolute path of what it prints; null where there is no such file: an inline one prints where its process does. */
  readonly log: string | null;
}

/** Every instance that runs or has left its state behind, by name. One that does not answer is waited for 2 s. */
export async function listInstances(): Promise<InstanceListing[]> {
  const { listInstances: list } = await import('./remote/known-instances.ts');
  return list();
}

/** The one of this name. Rejects with INSTANCE_NOT_FOUND when none runs and none has left anything, INVALID_ARGUMENT. */
export async function findInstance(name: string): Promise<InstanceListing> {
  const { findInstance: find } = await import('./remote/known-instances.ts');
  return find(name);
}

/**
 * Deletes the state of one that does not run, log and history included; nothing brings it back.
 * Rejects with INSTANCE_EXISTS when it runs, INSTANCE_NOT_FOUND, INVALID_ARGUMENT.
 */
export async function forgetInstance(name: string): Promise<void> {
  const { forgetInstance: forget } = await import('./remote/known-instances.ts');
  await forget(name);
}
