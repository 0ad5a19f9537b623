/** An instance's replicas as places that are started, reached and told of the routing table, whatever they run in. */
import { dirname } from 'node:path';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Controller } from '../controller/controller.ts';
import type { ControllerParts } from '../controller/controller-parts.ts';
import type { Part } from '../domain/part.ts';
import type { AnswerSink, Query, QueryTicket } from '../domain/query.ts';
import { INSTANCE_VARIABLE, type ReplicaHooks, type ReplicaHost } from '../domain/replica.ts';
import { differenceOf, EMPTY_TABLE, type ReplicaEntry, type TableChange } from '../domain/routing-table.ts';
import { ServeError } from '../errors.ts';
import { ProcessReplica } from '../replica/process-host.ts';
import { ThreadReplica } from '../replica/thread-host.ts';
import { SharedClaims } from '../wire/claims.ts';
import { SLOTS_PER_PAGE } from '../wire/frames.ts';
import type { ReplicaNews } from '../wire/outgoing-query.ts';
import type { Port } from '../wire/port.ts';
import { QuerySender } from '../wire/query-sender.ts';
import { connectTo } from '../wire/socket-connection.ts';
import { openGateway } from './gateway.ts';
import { ProcessQuarters } from './process-quarters.ts';

type Launch = ControllerParts['launch'];

export interface ReplicaHostsParts {
  readonly instanceName: string;
  readonly marksOutput: boolean;
  httpUrl(): string | null;
  /** The instance's state directory; '' without one. */
  directory(): string;
  readonly controller: () => Pick<Controller, 'supervisors' | 'table'>;
  submit(query: Query, sink: AnswerSink, lineage: string): QueryTicket;
  revive(part: Part): unknown;
  measured(replica: string, ...what: Parameters<ReplicaHooks['measured']>): void;
  asks(method: string, args: readonly unknown[], replica: string): Promise<unknown>;
}

export class ReplicaHosts {
  readonly #parts: ReplicaHostsParts;
  readonly #tableVersion = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  /** Made for the first replica in a process. */
  #quarters: ProcessQuarters | null = null;

  constructor(parts: ReplicaHostsParts) {
    this.#parts = parts;
  }

  launch: Launch = (spec, slot, { died }) => {
    const { instanceName, marksOutput, httpUrl, measured, asks } = this.#parts;
    const whole = { ...spec, instanceName, marksOutput, httpUrl: httpUrl() };
    const hooks: ReplicaHooks = {
      died,
      follows: () => this.#follows(spec.isolation === 'process'),
      locates: (replicaId) => this.#locate(replicaId),
      connects: (replicaId, port, page) => this.#introduce(replicaId, port, page),
      opensGateway: (port, wake) => this.#openGateway(port, false, wake),
      measured: (delta, queued) => measured(slot.tag, delta, queued),
      asks: (method, args) => asks(method, args, slot.tag),
    };
    if (spec.isolation === 'thread') return new ThreadReplica(whole, this.#tableVersion, hooks);
    this.#quarters ??= new ProcessQuarters((port) => this.routeFor(port));
    const envVars = { ...whole.envVars, [INSTANCE_VARIABLE]: this.#parts.directory() };
    return new ProcessReplica({ ...whole, envVars }, this.#quarters.newAddresses(), hooks);
  };

  /** Routes the queries that come on this port from another process. */
  routeFor(port: Port): void {
    this.#openGateway(port, true, null);
  }

  /** A connection from the instance's own router. */
  connect(entry: ReplicaEntry, news: ReplicaNews): QuerySender {
    const options = { revive: this.#parts.revive, ...news };
    if (entry.address !== null) return connectTo(entry.address, dirname(entry.address), options);
    const { port1, port2 } = new MessageChannel();
    const page = new SharedArrayBuffer(SLOTS_PER_PAGE);
    this.#introduce(entry.id, port2, page);
    return new QuerySender(port1, new SharedClaims(page), options);
  }

  /** The version is counted up last: a router that sees it finds the change in its port. */
  publish(change: TableChange): void {
    const { supervisors, table } = this.#parts.controller();
    this.#quarters?.table.publish(table);
    for (const supervisor of supervisors) {
      for (const slot of supervisor.slots) slot.host?.publish(change);
    }
    Atomics.store(new Int32Array(this.#tableVersion), 0, change.version);
  }

  /** When no replica runs any more. */
  async close(): Promise<void> {
    await this.#quarters?.close();
  }

  #follows(inProcess: boolean): TableChange {
    const { table } = this.#parts.controller();
    if (inProcess) this.#quarters?.table.follow(table);
    return differenceOf(EMPTY_TABLE, table, []);
  }

  #openGateway(port: Port, crossesProcesses: boolean, wake: Int32Array | null): void {
    openGateway({ port, crossesProcesses, wake, submit: this.#parts.submit });
  }

  /** Where a replica takes connections from other processes; a thread begins to when it is first asked for. */
  async #locate(replicaId: string): Promise<string> {
    const host = this.#hostOf(replicaId);
    const address = host?.address ?? this.#quarters?.directory.newPath('thread');
    if (!host || address === undefined) throw new ServeError('REPLICA_DIED', `replica '${replicaId}' is gone`);
    return host.listen(address);
  }

  /** Hands a router's connection to the replica it is for; a port to one that is gone is closed, and its router told so. */
  #introduce(replicaId: string, port: MessagePort, page: SharedArrayBuffer): void {
    const host = this.#hostOf(replicaId);
    if (host) host.accept(port, page);
    else port.close();
  }

  #hostOf(replicaId: string): ReplicaHost | null {
    for (const supervisor of this.#parts.controller().supervisors) {
      for (const slot of supervisor.slots) if (slot.id === replicaId) return slot.host;
    }
    return null;
  }
}
