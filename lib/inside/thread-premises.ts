/** A thread as a place for a replica: it shares memory with the instance, and ports reach it through the instance. */
import { dirname } from 'node:path';
import { MessageChannel, type MessagePort, receiveMessageOnPort, type Transferable } from 'node:worker_threads';
import { LOAD } from '../domain/replica.ts';
import type { ReplicaEntry, RoutingTable } from '../domain/routing-table.ts';
import type { FromReplica, ReplicaTask, ToReplica } from '../replica/control.ts';
import { type ReceiverClaims, SharedClaims } from '../wire/claims.ts';
import { SLOTS_PER_PAGE } from '../wire/frames.ts';
import { GatewayRoad } from '../wire/gateway-road.ts';
import type { SenderOptions } from '../wire/outgoing-query.ts';
import type { Port } from '../wire/port.ts';
import { QuerySender } from '../wire/query-sender.ts';
import { connectTo, listenAt } from '../wire/socket-connection.ts';
import type { Premises, ServingHooks } from './premises.ts';
import { Receivers } from './receivers.ts';

export class ThreadPremises implements Premises {
  /** Resolves when the replica has ended in good order. */
  readonly ended: Promise<void>;
  readonly #control: MessagePort;
  readonly #load: Int32Array;
  /** The newest version of the table, counted up by the instance. */
  readonly #tableVersion: Int32Array;
  #receive: (message: ToReplica) => void = () => {};
  #receivers: Receivers | null = null;
  #end: () => void = () => {};

  constructor({ control, load, tableVersion }: ReplicaTask) {
    this.#control = control;
    this.#load = new Int32Array(load);
    this.#tableVersion = new Int32Array(tableVersion);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  begin(receive: (message: ToReplica) => void): void {
    this.#receive = receive;
    this.#control.on('message', receive);
  }

  post(message: FromReplica): void {
    this.#post(message);
  }

  loaded(): void {}

  async serve(hooks: ServingHooks): Promise<void> {
    this.#receivers = new Receivers(hooks);
  }

  async receive(message: Extract<ToReplica, { readonly type: 'accept' | 'listen' }>): Promise<void> {
    if (message.type === 'accept') this.#accept(message.port, new SharedClaims(message.page));
    else await listenAt(message.address, (port, claims) => this.#accept(port, claims));
  }

  /** The instance hands the other end to the replica; one in another process listens where the table says. */
  connect(entry: ReplicaEntry, options: SenderOptions): QuerySender {
    if (entry.address !== null) return connectTo(entry.address, dirname(entry.address), options);
    const { port1, port2 } = new MessageChannel();
    const page = new SharedArrayBuffer(SLOTS_PER_PAGE);
    this.#post({ type: 'connect', replicaId: entry.id, port: port2, page }, [port2]);
    return new QuerySender(port1, new SharedClaims(page), options);
  }

  /** The instance counts the version up once the change stands in our port. */
  catchUp(table: () => RoutingTable): void {
    const newest = Atomics.load(this.#tableVersion, 0);
    while (table().version < newest) {
      const next = receiveMessageOnPort(this.#control);
      if (!next) return;
      this.#receive(next.message);
    }
  }

  openGateway(revive: SenderOptions['revive']): GatewayRoad {
    const { port1, port2 } = new MessageChannel();
    const wake = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    this.#post({ type: 'gateway', port: port2, wake: wake.buffer }, [port2]);
    return new GatewayRoad(port1, { revive, crossesProcesses: false, wake });
  }

  holds(processing: number, waiting: number): void {
    Atomics.store(this.#load, LOAD.processing, processing);
    Atomics.store(this.#load, LOAD.waiting, waiting);
  }

  blocks(isBlocked: boolean): void {
    Atomics.store(this.#load, LOAD.isBlockedInGet, isBlocked ? 1 : 0);
  }

  /** What a router sent before it left stands in our ports already. */
  async routersLeft(): Promise<void> {}

  end(): void {
    this.#end();
  }

  #accept(port: Port, claims: ReceiverClaims): void {
    if (this.#receivers) this.#receivers.add(port, claims);
    else port.close();
  }

  #post(message: FromReplica, transfer: Transferable[] = []): void {
    this.#control.postMessage(message, transfer);
  }
}
