/** This machine as a node of an instance: what it has, who holds it, what its replicas see of it. */
import type { ActorOptions } from '../domain/backend.ts';
import type { DeclaredResources, Ledger } from '../domain/resources.ts';
import type { NodeStatus } from '../domain/status.ts';
import { GpuInventory } from './gpu-inventory.ts';
import { inspectMachine, type Machine } from './inventory.ts';
import { NodeLedger, PATIENCE_MS } from './ledger.ts';
import { showResources } from './node-resources.ts';
import { NvidiaSmi } from './nvidia-smi.ts';
import { replicaEnvironment } from './replica-environment.ts';

export interface NodeParts {
  readonly declared: DeclaredResources;
  /** The environment of this process. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Something that `status()` shows has changed. */
  changed(): void;
}

/** How long nvidia-smi may take, in ms: without persistence mode it loads the driver first, which takes seconds. */
const NVIDIA_SMI_TIMEOUT_MS = 5000;

export class LocalNode {
  readonly machine: Machine = inspectMachine();
  readonly #env: NodeParts['env'];
  readonly #nvidiaSmi: NvidiaSmi;
  readonly #gpus: GpuInventory;
  readonly #ledger: NodeLedger;

  constructor({ declared, env, changed }: NodeParts) {
    this.#env = env;
    this.#nvidiaSmi = new NvidiaSmi({ env, timeoutMs: NVIDIA_SMI_TIMEOUT_MS });
    this.#gpus = new GpuInventory({
      declared: declared.gpus,
      visible: env.CUDA_VISIBLE_DEVICES,
      look: () => this.#nvidiaSmi.ask(),
      changed: () => {
        this.#ledger.review();
        changed();
      },
      now: () => performance.now(),
    });
    const { id, cpus } = this.machine;
    const gpus = this.#gpus;
    this.#ledger = new NodeLedger({ node: id, machineCpus: cpus, declared, gpus, changed, patienceMs: PATIENCE_MS });
  }

  get ledger(): Ledger {
    return this.#ledger;
  }

  get status(): NodeStatus {
    const { id, hostname, pid } = this.machine;
    return { id, hostname, pid, ...showResources(this.#ledger, this.#gpus) };
  }

  /** Rejects INVALID_ARGUMENT when more GPUs are declared than the environment leaves visible. */
  open(): Promise<void> {
    return this.#gpus.open();
  }

  stop(): void {
    this.#gpus.stop();
    this.#nvidiaSmi.stop();
  }

  /** What is added to the environment of a replica that holds these GPUs, by physical index. */
  environment(options: ActorOptions, gpus: readonly number[]): Readonly<Record<string, string>> {
    return replicaEnvironment(options, gpus, { env: this.#env, areGpusFound: this.#gpus.areFound });
  }

  /** Resolves when `status` has new figures, or when they take too long to wait for. */
  settled(): Promise<void> {
    return this.#gpus.settled();
  }

  /** Keeps the figures no older than about two seconds until the function returned is called. */
  attend(): () => void {
    return this.#gpus.attend();
  }
}
