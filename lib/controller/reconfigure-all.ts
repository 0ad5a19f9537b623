/** One userConfig for all replicas of a backend, or for none. */
import type { BackendTag } from '../domain/backend.ts';
import { ServeError } from '../errors.ts';
import type { ReplicaSlot } from './replica-slot.ts';
import { messageOf } from './start-failure.ts';

export interface Reconfiguration {
  readonly userConfig: unknown;
  /** The one in force; undefined = none. */
  readonly before: unknown;
  /** How long each may take, in ms. */
  readonly withinMs: number;
}

/**
 * All or none: where it fails, those that took the new value get the old one back. No query runs until that is settled;
 * the slots are still to be resumed. Rejects RECONFIGURE_FAILED.
 */
export async function reconfigureAll(
  backend: BackendTag,
  slots: readonly ReplicaSlot[],
  change: Reconfiguration,
): Promise<void> {
  const outcomes = await Promise.allSettled(slots.map((slot) => slot.reconfigure(change.userConfig, change.withinMs)));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (!failed) return;
  await goBack(slots, change);
  throw new ServeError(
    'RECONFIGURE_FAILED',
    `reconfigure() of backend '${backend}' failed: ${messageOf(failed.reason)}; the old userConfig stays in force`,
    { cause: failed.reason },
  );
}

/** Gives the old userConfig back; a replica that had none, or that refuses it, is replaced by a fresh one. */
export async function goBack(slots: readonly ReplicaSlot[], { before, withinMs }: Reconfiguration): Promise<void> {
  await Promise.all(
    slots.map(async (slot) => {
      if (before === undefined) slot.replace('its userConfig was taken back');
      else {
        await slot
          .reconfigure(before, withinMs)
          .catch((error) => slot.replace(`reconfigure() with the old userConfig failed: ${messageOf(error)}`));
        slot.resume();
      }
    }),
  );
}
