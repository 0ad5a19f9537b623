/** The instance's grip on a replica in a process of its own: nothing that happens there reaches anybody else. */
import { rmSync } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import type { ReplicaHooks, ReplicaSpec, ReplicaTraits } from '../domain/replica.ts';
import { ServeError } from '../errors.ts';
import { unpackError } from '../wire/error-envelope.ts';
import { SocketPort } from '../wire/socket-port.ts';
import { confinedHere, confinedIn } from '../wire/value.ts';
import type { FromReplica, ProcessTask, ToReplica } from './control.ts';
import { ControlledReplica, StartFailure } from './controlled-replica.ts';
import { death } from './death.ts';
import { LoadReader } from './load-reader.ts';
import { type MemoryWatch, watchMemory } from './memory-watch.ts';
import { deathOf } from './process-death.ts';
import { type LaunchedProcess, launchProcess } from './process-launch.ts';
import { usageOfProcess } from './process-usage.ts';
import { NO_SAMPLE, type UsageSample } from './usage-meter.ts';

export type ProcessAddresses = Omit<ProcessTask, 'spec'>;

export class ProcessReplica extends ControlledReplica {
  readonly isolation = 'process';
  readonly address: string;
  protected readonly control: SocketPort;
  readonly #task: ProcessTask;
  readonly #process: LaunchedProcess;
  readonly #load: LoadReader;
  #memory: MemoryWatch | null = null;
  #pid: number | null = null;
  #hasServed = false;
  /** What nothing caught, or why the instance killed it. */
  #lastWords: Error | null = null;

  constructor(spec: ReplicaSpec, addresses: ProcessAddresses, hooks: ReplicaHooks) {
    super(spec, hooks);
    this.address = addresses.address;
    this.#task = { ...addresses, spec };
    this.#load = new LoadReader(addresses.load);
    this.#process = launchProcess(spec);
    this.control = new SocketPort(this.#process.control);
  }

  /** As it is now, also while the replica's code spins. */
  get load(): SharedArrayBuffer {
    return this.#load.read();
  }

  start(): Promise<ReplicaTraits> {
    this.control.on('message', (message: FromReplica) => this.receive(message));
    void this.#process.gone.then((end) => {
      this.#load.close();
      rmSync(this.address, { force: true }); // its socket, which only a server that closes removes
      this.ended(this.#lastWords ?? deathOf(end, this.#hasServed));
    });
    const confined = confinedIn(this.spec);
    if (confined !== null) return Promise.reject(new StartFailure(cannotTravel(this.spec.backend, confined), true));
    this.control.postMessage(this.#task);
    void this.started.promise.then(
      () => {
        this.#hasServed = true;
        this.#process.unref();
      },
      () => {},
    );
    return this.started.promise;
  }

  override async reconfigure(userConfig: unknown, graceMs: number): Promise<void> {
    const confined = confinedIn({ userConfig });
    if (confined !== null) throw cannotTravel(this.spec.backend, confined);
    await super.reconfigure(userConfig, graceMs);
  }

  /** Routers connect to its address. */
  accept(port: MessagePort): void {
    port.close();
  }

  async listen(): Promise<string> {
    return this.address;
  }

  /** The table's file has the change already. */
  publish(): void {
    if (this.isFollowing) this.post({ type: 'table', change: null });
  }

  override async drain(): Promise<void> {
    await super.drain();
    await this.#process.gone;
  }

  override async shutDown(): Promise<void> {
    await super.shutDown();
    await this.#process.gone;
  }

  protected async sampleUsage(): Promise<UsageSample> {
    return this.#pid === null ? NO_SAMPLE : usageOfProcess(this.#pid);
  }

  protected async end(): Promise<void> {
    this.#memory?.stop();
    this.#process.kill();
    await this.#process.gone;
  }

  /** Throws NOT_SERIALIZABLE, with nothing sent, for an answer with what only threads of one process can pass on. */
  protected override post(message: ToReplica): void {
    const confined = message.type === 'replied' ? confinedIn(message.value) : null;
    if (confined !== null) throw confinedHere(confined);
    super.post(message);
  }

  protected receiveOwn(message: FromReplica): void {
    switch (message.type) {
      case 'subscribe':
        this.isFollowing = true;
        this.hooks.follows();
        this.publish();
        break;
      case 'loaded':
        this.#pid = message.pid;
        this.#watchMemory(message.pid, message.residentBytes);
        break;
      case 'dying':
        this.#lastWords = unpackError(message.error);
        break;
    }
  }

  #watchMemory(pid: number, ownBytes: number): void {
    const { maxMemoryBytes } = this.spec;
    if (maxMemoryBytes === null) return;
    this.#memory = watchMemory(pid, ownBytes + maxMemoryBytes, (heldBytes) => {
      const usedBytes = heldBytes - ownBytes;
      this.#lastWords = death(
        `out of memory: it used ${mib(usedBytes)}, and maxMemoryBytes allows ${mib(maxMemoryBytes)}`,
      );
      this.#process.kill();
    });
  }
}

const mib = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MiB`;

const cannotTravel = (backend: string, confined: string): ServeError =>
  new ServeError(
    'NOT_SHIPPABLE',
    `backend '${backend}' cannot have this in a process of its own: ${inWords(confined)}, which only ` +
      "threads of one process can pass on; create it in the constructor, or use isolation 'thread'",
  );

/** The inside of a shipment says nothing to users. */
const inWords = (confined: string): string =>
  confined.replace(/^\$\.shipment\S*/, 'a value that its code captures').replace(/^\$\./, '');
