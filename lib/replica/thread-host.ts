/**
 * The instance's grip on a replica in a thread. The thread belongs to a Piscina pool of its own with one long task:
 * so each replica has fresh globals and its own heap limit, and a killed one takes nobody along.
 */
import { fileURLToPath } from 'node:url';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { LOAD, type ReplicaHooks, type ReplicaSpec, type ReplicaTraits } from '../domain/replica.ts';
import type { TableChange } from '../domain/routing-table.ts';
import type { FromReplica, ReplicaTask } from './control.ts';
import { ControlledReplica } from './controlled-replica.ts';
import { death } from './death.ts';
import { forwardThread } from './forward-output.ts';
import { workerFlags } from './node-flags.ts';
import { NO_SAMPLE, type UsageSample } from './usage-meter.ts';

/** The thread's file, in which the thread's own parts are put together. */
const THREAD_FILE = fileURLToPath(new URL('../inside/thread.js', import.meta.url));

export class ThreadReplica extends ControlledReplica {
  readonly isolation = 'thread';
  readonly address = null;
  readonly load = new SharedArrayBuffer(LOAD.length * Int32Array.BYTES_PER_ELEMENT);
  protected readonly control: MessagePort;
  readonly #tableVersion: SharedArrayBuffer;
  readonly #pool: Piscina;
  readonly #taskEnd: MessagePort;
  #exited: Promise<void> = Promise.resolve();
  #listening: Promise<string> | null = null;

  constructor(spec: ReplicaSpec, tableVersion: SharedArrayBuffer, hooks: ReplicaHooks) {
    super(spec, hooks);
    this.#tableVersion = tableVersion;
    const { port1, port2 } = new MessageChannel();
    this.control = port1;
    this.#taskEnd = port2;
    const execArgv = workerFlags();
    this.#pool = new Piscina({
      filename: THREAD_FILE,
      minThreads: 0,
      maxThreads: 1,
      // Between tasks an idle worker would block in Atomics.wait; ours has timers and streams of the user's to run.
      atomics: 'disabled',
      recordTiming: false,
      // A worker that is given flags refuses those for the whole process or V8; given none, it takes what it may.
      ...(execArgv !== null && { execArgv }),
      ...(spec.maxMemoryBytes === null ? {} : { resourceLimits: heapLimits(spec.maxMemoryBytes) }),
    });
    // A worker that fails without a task: the task's own end has been told already.
    this.#pool.on('error', () => {});
  }

  start(): Promise<ReplicaTraits> {
    this.control.on('message', (message: FromReplica) => this.receive(message));
    const task: ReplicaTask = {
      control: this.#taskEnd,
      spec: this.spec,
      load: this.load,
      tableVersion: this.#tableVersion,
    };
    const ended = this.#pool.run(task, { transferList: [this.#taskEnd] });
    const worker = this.#pool.threads[0];
    if (worker) {
      forwardThread(worker, this.spec);
      this.#exited = new Promise((resolve) => worker.once('exit', () => resolve()));
      // Piscina takes an uncaught `throw null` for no error.
      worker.once('error', (error: unknown) => this.ended(deathOf(error)));
    }
    ended.then(
      () => this.ended(death('its task ended')),
      (error: unknown) => this.ended(deathOf(error)),
    );
    return this.started.promise;
  }

  accept(port: MessagePort, page: SharedArrayBuffer): void {
    this.post({ type: 'accept', port, page }, [port]);
  }

  listen(address: string): Promise<string> {
    this.#listening ??= this.request((id) => ({ type: 'listen', id, address })).then(() => address);
    return this.#listening;
  }

  publish(change: TableChange): void {
    if (this.isFollowing) this.post({ type: 'table', change });
  }

  protected async sampleUsage(): Promise<UsageSample> {
    const worker = this.#pool.threads[0];
    if (worker === undefined) return NO_SAMPLE;
    const loop = worker.performance.eventLoopUtilization();
    try {
      // Before 24.6 Node did not tell it.
      const [cpu, heap] = await Promise.all([worker.cpuUsage?.() ?? null, worker.getHeapStatistics()]);
      const memoryBytes = heap.total_heap_size + heap.external_memory;
      return { cpuMs: cpu && (cpu.user + cpu.system) / 1_000, memoryBytes, loop };
    } catch {
      return NO_SAMPLE; // it ends
    }
  }

  protected async end(): Promise<void> {
    await Promise.all([this.#pool.destroy(), this.#exited]);
  }

  protected receiveOwn(message: FromReplica): void {
    switch (message.type) {
      case 'subscribe':
        this.isFollowing = true;
        this.post({ type: 'table', change: this.hooks.follows() });
        break;
      case 'connect':
        this.hooks.connects(message.replicaId, message.port, message.page);
        break;
      case 'gateway':
        this.hooks.opensGateway(message.port, new Int32Array(message.wake));
        break;
    }
  }
}

/** Node's limits are of the old generation; the young one comes on top. */
function heapLimits(bytes: number): { maxOldGenerationSizeMb: number } {
  return { maxOldGenerationSizeMb: Math.max(8, Math.floor(bytes / 1024 / 1024)) };
}

function deathOf(cause: unknown): Error {
  if (!(cause instanceof Error)) return death(`it threw ${String(cause)}`);
  const exit = /^worker exited with code: (-?\d+)$/.exec(cause.message);
  if (exit) return death(`its code called process.exit(${exit[1]})`);
  if ((cause as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return death(`out of memory: ${cause.message}`, cause);
  }
  return cause;
}
