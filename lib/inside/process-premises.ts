/** A process as a place for a replica: it shares files with the instance, and sockets reach it directly. */
import { openSync, readFileSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { deserialize } from 'node:v8';
import { differenceOf, type ReplicaEntry, type RoutingTable, type TableChange } from '../domain/routing-table.ts';
import type { FromReplica, ProcessTask, ToReplica } from '../replica/control.ts';
import { GatewayRoad } from '../wire/gateway-road.ts';
import type { SenderOptions } from '../wire/outgoing-query.ts';
import type { QuerySender } from '../wire/query-sender.ts';
import { connectTo, listenAt } from '../wire/socket-connection.ts';
import type { SocketPort } from '../wire/socket-port.ts';
import { startRelay } from '../wire/start-relay.ts';
import { confinedHere, confinedIn } from '../wire/value.ts';
import { LoadFile } from './load-file.ts';
import { OthersReport } from './others-report.ts';
import type { Premises, ServingHooks } from './premises.ts';
import { Receivers } from './receivers.ts';

/** How long a leaving replica waits for routers to let go of it, in ms. One that does not is blocked itself. */
const LEAVING_MS = 1000;

export class ProcessPremises implements Premises {
  readonly #load: LoadFile;
  readonly #control: SocketPort;
  readonly #task: ProcessTask;
  readonly #directory: string;
  readonly #version = new BigUint64Array(1);
  #versionFile: number | null = null;
  #receivers: Receivers | null = null;
  readonly #located = new Map<number, PromiseWithResolvers<string>>();
  #nextLocate = -1;

  constructor(control: SocketPort, task: ProcessTask) {
    this.#control = control;
    this.#task = task;
    this.#load = new LoadFile(task.load);
    this.#directory = dirname(task.address);
  }

  begin(receive: (message: ToReplica) => void): void {
    this.#control.on('message', (message: ToReplica) => {
      if (message.type === 'replied' && message.id < 0) this.#replied(message);
      else receive(message);
    });
  }

  post(message: FromReplica): void {
    const confined = message.type === 'ask' ? confinedIn(message.args) : null;
    if (confined !== null) throw confinedHere(confined);
    this.#control.postMessage(message);
  }

  loaded(): void {
    this.post({ type: 'loaded', pid: process.pid, residentBytes: process.memoryUsage.rss() });
  }

  async serve(hooks: ServingHooks): Promise<void> {
    const receivers: Receivers = new Receivers({
      ...hooks,
      received(query, receiver) {
        others.begin();
        hooks.received(query, receiver);
      },
      handled: () => this.#load.settle(),
    });
    const others = new OthersReport(receivers);
    this.#receivers = receivers;
    await listenAt(this.#task.address, (port, claims) => receivers.add(port, claims));
  }

  async receive(): Promise<void> {
    throw new Error('a process takes its connections at its own address');
  }

  /** One in another process listens where the table says; a thread is asked by the instance to. */
  connect(entry: ReplicaEntry, options: SenderOptions): QuerySender {
    return connectTo(entry.address ?? this.#locate(entry.id), this.#directory, options);
  }

  /** The instance counts the version up once the file has the table. */
  catchUp(table: () => RoutingTable, apply: (change: TableChange) => void): void {
    this.#versionFile ??= openSync(this.#task.table.version, 'r');
    readSync(this.#versionFile, this.#version, 0, BigUint64Array.BYTES_PER_ELEMENT, 0);
    if (BigInt(table().version) >= (this.#version[0] ?? 0n)) return;
    apply(differenceOf(table(), deserialize(readFileSync(this.#task.table.table)) as RoutingTable, []));
  }

  /** While this thread blocks, nothing reads its sockets: another one does, and passes on what comes. */
  openGateway(revive: SenderOptions['revive']): GatewayRoad {
    const { gateway, version } = this.#task;
    const { port, wake } = startRelay(gateway, version);
    return new GatewayRoad(port, { revive, crossesProcesses: true, wake });
  }

  holds(processing: number, waiting: number): void {
    this.#load.holds(processing, waiting);
  }

  blocks(isBlocked: boolean): void {
    this.#load.blocks(isBlocked);
  }

  /** What a router sent before it left may come later than word that this replica is to leave. */
  async routersLeft(): Promise<void> {
    await this.#receivers?.closed(LEAVING_MS);
  }

  /** The last messages are on their way; the process has nothing else to do than to print what it has not yet. */
  end(): void {
    void Promise.all([process.stdout, process.stderr].map(printed)).then(() => {
      this.#control.on('close', () => process.exit(0));
      this.#control.close();
    });
  }

  #locate(replicaId: string): Promise<string> {
    const id = this.#nextLocate--;
    const located = Promise.withResolvers<string>();
    this.#located.set(id, located);
    this.post({ type: 'locate', id, replicaId });
    return located.promise;
  }

  #replied({ id, value, error }: Extract<ToReplica, { readonly type: 'replied' }>): void {
    const located = this.#located.get(id);
    this.#located.delete(id);
    if (error) located?.reject(new Error(error.message));
    else located?.resolve(value as string);
  }
}

/** Resolves when all that was written before has left, or cannot leave any more. */
const printed = (output: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => void output.write('', () => resolve()));
