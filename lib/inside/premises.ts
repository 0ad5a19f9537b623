/** What differs between a thread and a process as a place for a replica. */
import type { ReplicaEntry, RoutingTable, TableChange } from '../domain/routing-table.ts';
import type { FromReplica, ToReplica } from '../replica/control.ts';
import type { GatewayRoad } from '../wire/gateway-road.ts';
import type { SenderOptions } from '../wire/outgoing-query.ts';
import type { QueryReceiver, ReceiverHooks } from '../wire/query-receiver.ts';
import type { QuerySender } from '../wire/query-sender.ts';

export interface Premises {
  /** `receive` gets each message of the instance. Called once, before anything else. */
  begin(receive: (message: ToReplica) => void): void;
  /** All is loaded that the toolkit needs itself; what comes now is the user's. */
  loaded(): void;
  /** Tells the instance. Throws, with nothing sent, for what cannot be copied. */
  post(message: FromReplica): void;
  /** Takes connections of routers, from the moment on that the replica can answer. */
  serve(hooks: ServingHooks): Promise<void>;
  /** A router's connection that the instance has brought, or word of where routers of other processes will come. */
  receive(message: Extract<ToReplica, { readonly type: 'accept' | 'listen' }>): Promise<void>;
  /** Opens a connection from this replica's own router to another replica. */
  connect(entry: ReplicaEntry, options: SenderOptions): QuerySender;
  /** Brings the table up to date without a turn of the event loop. */
  catchUp(table: () => RoutingTable, apply: (change: TableChange) => void): void;
  /** Opens a road for queries that the instance routes, on which one can block. */
  openGateway(revive: SenderOptions['revive']): GatewayRoad;
  /** Says how many queries the replica holds: those that user code runs for, and those that wait for that. */
  holds(processing: number, waiting: number): void;
  /** Says that the replica blocks for a result, or no longer. */
  blocks(isBlocked: boolean): void;
  /** Resolves when no router is connected any more, or after a while. They leave when the table no longer has this replica. */
  routersLeft(): Promise<void>;
  /** The replica has ended in good order. */
  end(): void;
}

export interface ServingHooks extends Omit<ReceiverHooks, 'received' | 'closed'> {
  received(query: Parameters<ReceiverHooks['received']>[0], receiver: QueryReceiver): void;
}
