/** A replica's thread: the one long task of its Piscina pool. */
import type { ReplicaTask } from '../replica/control.ts';
import { ReplicaInside } from './replica-inside.ts';
import { ThreadPremises } from './thread-premises.ts';

/** Serves one replica; resolves when it has ended in good order. */
export default function serveReplica(task: ReplicaTask): Promise<void> {
  const premises = new ThreadPremises(task);
  new ReplicaInside(task.spec, premises);
  return premises.ended;
}
