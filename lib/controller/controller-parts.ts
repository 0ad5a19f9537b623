import type { TableChange } from '../domain/routing-table.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { SupervisorParts } from './supervisor-parts.ts';

/** What the controller is given by the instance. */
export interface ControllerParts extends Omit<SupervisorParts, 'changed'> {
  /** Brings the change to every router; when it returns, all of them use it for the next query. */
  publish(change: TableChange): void;
  /** Something that `status()` shows has changed. */
  touched(): void;
  /** Resolves once the change would survive; rejects with nothing written. */
  checkpoint(change: Checkpoint): void | Promise<void>;
}
