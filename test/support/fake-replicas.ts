/** A controller over replicas that do what a test says, on a machine of the test's own. */
import type { BackendSource, BackendSpec } from '../../lib/controller/backend-source.ts';
import { Controller } from '../../lib/controller/controller.ts';
import { type BackendConfig, DEFAULT_BACKEND_CONFIG } from '../../lib/domain/backend.ts';
import { type ReplicaUsage, UNKNOWN_USAGE } from '../../lib/domain/performance.ts';
import { LOAD, type ReplicaHost, type ReplicaTraits } from '../../lib/domain/replica.ts';
import type { DeclaredResources, Lease, LeaseRequest, Ledger, Needs, Waiting } from '../../lib/domain/resources.ts';
import { NodeLedger } from '../../lib/node/ledger.ts';
import { showResources } from '../../lib/node/node-resources.ts';
import { replicaEnvironment } from '../../lib/node/replica-environment.ts';
import { FakeGpus } from './gpu-source.ts';

const TRAITS: ReplicaTraits = { pid: 4711, threadId: null, acceptsBatches: false, canReconfigure: true };

/** How the replicas behave that are launched from now on. */
export interface Behaviour {
  /** Of the constructor; 'never': it does not end. Default: it is well. */
  start?: 'never' | Error;
  /** Of reconfigure. */
  reconfigure?: Error;
  /** It drains for ever. */
  isBusy?: boolean;
  /** Killed, it stays until `gone` is called. */
  isStuck?: boolean;
  /** Of checkHealth. */
  health?: Error;
  /** Launching itself throws. */
  launch?: Error;
}

export class FakeReplica implements ReplicaHost {
  readonly isolation = 'thread';
  readonly address = null;
  readonly load = new SharedArrayBuffer(LOAD.length * Int32Array.BYTES_PER_ELEMENT);
  readonly spec: BackendSpec;
  readonly #behaviour: Behaviour;
  readonly #died: (reason: Error) => void;
  readonly #gone = Promise.withResolvers<void>();
  readonly #started = Promise.withResolvers<ReplicaTraits>();
  readonly #killed = Promise.withResolvers<void>();
  numKills = 0;

  constructor(spec: BackendSpec, behaviour: Behaviour, died: (reason: Error) => void) {
    this.spec = spec;
    this.#behaviour = behaviour;
    this.#died = died;
  }

  /** Ends by itself, and is gone. */
  die(reason = new Error('it crashed')): void {
    this.#gone.resolve();
    this.#failStart(reason);
    this.#died(reason);
  }

  gone(): void {
    this.#gone.resolve();
  }

  async start(): Promise<ReplicaTraits> {
    const { start } = this.#behaviour;
    if (start instanceof Error) throw start;
    if (start === undefined) this.#started.resolve(TRAITS);
    return this.#started.promise;
  }

  async listen(address: string): Promise<string> {
    return address;
  }

  configure(): void {}

  async reconfigure(): Promise<void> {
    if (this.#behaviour.reconfigure) throw this.#behaviour.reconfigure;
  }

  resume(): void {}

  async usage(): Promise<ReplicaUsage> {
    return UNKNOWN_USAGE;
  }

  async checkHealth(): Promise<void> {
    if (this.#behaviour.health) throw this.#behaviour.health;
  }

  accept(): void {}

  publish(): void {}

  drain(): Promise<void> {
    return this.#behaviour.isBusy ? this.#killed.promise : Promise.resolve();
  }

  shutDown(): Promise<void> {
    return Promise.resolve();
  }

  kill(): Promise<void> {
    this.numKills++;
    this.#killed.resolve();
    this.#failStart(new Error('it was killed'));
    if (!this.#behaviour.isStuck) this.#gone.resolve();
    return this.#gone.promise;
  }

  async traces(): Promise<readonly []> {
    return [];
  }

  async metrics(): Promise<readonly unknown[]> {
    return [];
  }

  #failStart(cause: Error): void {
    this.#started.promise.catch(() => {});
    this.#started.reject(Object.assign(new Error(cause.message, { cause }), { isFinal: false }));
  }
}

/** Counts how often each lease it has given out is given back. */
class CountingLedger implements Ledger {
  readonly #ledger: Ledger;
  readonly #real = new WeakMap<Lease, Lease>();
  readonly releases: number[] = [];

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  async acquire(request: LeaseRequest): Promise<readonly Lease[]> {
    return (await this.#ledger.acquire(request)).map((lease) => this.#counted(lease));
  }

  wait(replica: string, needs: Needs): Waiting {
    const waiting = this.#ledger.wait(replica, needs);
    return {
      lease: waiting.lease.then((lease) => this.#counted(lease)),
      get reason() {
        return waiting.reason;
      },
      cancel: () => waiting.cancel(),
    };
  }

  renew(lease: Lease): Promise<boolean> {
    return this.#ledger.renew(this.#real.get(lease) ?? lease);
  }

  #counted(lease: Lease): Lease {
    const at = this.releases.push(0) - 1;
    const counted: Lease = {
      get gpus() {
        return lease.gpus;
      },
      isScarce: lease.isScarce,
      ending: () => lease.ending(),
      release: () => {
        this.releases[at] = (this.releases[at] ?? 0) + 1;
        lease.release();
      },
    };
    this.#real.set(counted, lease);
    return counted;
  }
}

export interface FakeMachine {
  readonly gpus?: number;
  readonly declared?: Pick<DeclaredResources, 'cpus' | 'custom'>;
  readonly patienceMs?: number;
}

/** Who changes what, where nobody reads it. */
export const NOTE = { author: 'a test', summary: 'a change' };

export const SOURCE: BackendSource = {
  shipment: null,
  node: null,
  directory: null,
  initArgs: [],
  digests: { code: '', initArgs: '' },
  numCpus: 1,
  numGpus: 0,
  custom: {},
  placement: 'pack',
  isolation: 'process',
  envVars: {},
  maxMemoryBytes: null,
  startTimeoutMs: 60_000,
};

export class FakeReplicas {
  readonly gpus: FakeGpus;
  readonly controller: Controller;
  /** Every incarnation, in the order of their launch. */
  readonly launched: FakeReplica[] = [];
  /** What was reported: `died a#1`. */
  readonly reported: string[] = [];
  behaviour: Behaviour = {};
  readonly #ledger: NodeLedger;
  readonly #counting: CountingLedger;

  constructor({ gpus = 2, declared = { cpus: null, custom: {} }, patienceMs = 60_000 }: FakeMachine = {}) {
    this.gpus = new FakeGpus(gpus);
    this.#ledger = new NodeLedger({
      node: 'head',
      machineCpus: 4,
      declared,
      gpus: this.gpus,
      changed: () => {},
      patienceMs,
    });
    this.gpus.ledger = this.#ledger;
    this.#counting = new CountingLedger(this.#ledger);
    this.controller = new Controller({
      checkpoint() {},
      launch: (spec, _slot, hooks) => {
        if (this.behaviour.launch) throw this.behaviour.launch;
        const replica = new FakeReplica(spec, { ...this.behaviour }, hooks.died);
        this.launched.push(replica);
        return replica;
      },
      environment: (source, gpus) => replicaEnvironment(source, gpus, { env: {}, areGpusFound: false }),
      ledger: this.#counting,
      publish: () => {},
      touched: () => {},
      report: (_backend, replica, what) => this.reported.push(`${what} ${replica}`),
      now: () => performance.now(),
    });
  }

  create(tag: string, needs: Partial<BackendSource>, config: Partial<BackendConfig> = {}): Promise<void> {
    return this.controller.createBackend(tag, { ...SOURCE, ...needs }, { ...DEFAULT_BACKEND_CONFIG, ...config }, NOTE);
  }

  /** Gives the backend other code. */
  replace(tag: string, needs: Partial<BackendSource> = {}, config: Partial<BackendConfig> = {}): Promise<void> {
    return this.controller.updateBackend(tag, { ...SOURCE, ...needs }, config, NOTE);
  }

  /** `a#1 0.5, b#1 0.5` of each GPU. */
  get allocations(): readonly string[] {
    const { gpus } = showResources(this.#ledger, this.gpus);
    return gpus.map(({ allocations }) => allocations.map(({ replica, share }) => `${replica} ${share}`).join(', '));
  }

  /** Whether nothing is held: no CPU, no GPU, nothing custom. */
  get isFree(): boolean {
    const { cpus, custom } = showResources(this.#ledger, this.gpus);
    return cpus.used === 0 && this.allocations.every((text) => text === '') && Object.values(custom).every(noneUsed);
  }

  /** How often each lease there ever was has been given back. */
  get releases(): readonly number[] {
    return this.#counting.releases;
  }

  /** Of the backend's replicas: `a#1 RUNNING 0,1`. */
  replicas(tag: string): readonly string[] {
    const supervisors = this.controller.supervisors.filter((one) => one.tag === tag);
    const slots = supervisors.flatMap((supervisor) => supervisor.slots);
    return slots.map((slot) => `${slot.tag} ${slot.state} ${slot.gpus.join()}`.trim());
  }

  pending(tag: string): readonly string[] {
    return this.controller.supervisors.find((one) => one.tag === tag)?.pendingReasons ?? [];
  }

  /** The last incarnation of a replica. */
  last(replica: string): FakeReplica {
    const found = this.launched.findLast(({ spec }) => spec.replica === replica);
    if (!found) throw new Error(`replica '${replica}' was never launched`);
    return found;
  }
}

const noneUsed = ({ used }: { readonly used: number }): boolean => used === 0;
