/** An instance that tells what a test wants, and can go. */
import { type Client, type InstancePerformance, ServeError, type ServeEvent, type ServeStatus } from 'servelab';
import { LiveInstance } from '../../tui/model/live.ts';
import { performanceOf, statusOf } from './fixture.ts';

export class FakeInstance {
  status: ServeStatus;
  performance: InstancePerformance = performanceOf();
  /** Null: there is none. */
  connections = 0;
  isRunning = true;
  readonly calls: string[] = [];
  /** What has happened in it. */
  readonly past: readonly ServeEvent[];
  #waiters = new Set<{ resolve: (status: ServeStatus) => void; reject: (error: Error) => void }>();

  constructor(status: ServeStatus = statusOf(), past: readonly ServeEvent[] = []) {
    this.status = status;
    this.past = past;
  }

  live(): LiveInstance<Client> {
    return new LiveInstance<Client>({ connect: () => this.connect() });
  }

  async connect(): Promise<Client> {
    if (!this.isRunning) throw new ServeError('INSTANCE_NOT_FOUND', "no instance 'default' is running");
    this.connections++;
    // Of a client, what the screen uses.
    return this.#client() as unknown as Client;
  }

  tell(status: ServeStatus): void {
    this.status = status;
    for (const { resolve } of this.#waiters) resolve(status);
    this.#waiters.clear();
  }

  /** Its process has ended. */
  die(): void {
    this.isRunning = false;
    for (const { reject } of this.#waiters) reject(new ServeError('INSTANCE_NOT_FOUND', 'its process has ended'));
    this.#waiters.clear();
  }

  #client(): object {
    const isOpen = { now: true };
    const change =
      (name: string) =>
      async (...args: readonly unknown[]): Promise<void> => {
        this.calls.push(`${name} ${args.map((arg) => JSON.stringify(arg)).join(' ')}`);
        const { instance } = this.status;
        this.tell({ ...this.status, instance: { ...instance, revision: instance.revision + 1 } });
      };
    return {
      watch: () => this.#statuses(isOpen),
      events: () => onlyPast(this.past, isOpen, this.#ends),
      status: async () => this.status,
      history: async () => [{ summary: 'what somebody did', author: 'somebody' }],
      performance: async () => this.performance,
      close: async () => {
        isOpen.now = false;
        for (const end of this.#ends) end();
      },
      setTraffic: change('setTraffic'),
      updateBackendConfig: change('updateBackendConfig'),
      shadowTraffic: change('shadowTraffic'),
      deleteBackend: change('deleteBackend'),
      deleteEndpoint: change('deleteEndpoint'),
      rollback: change('rollback'),
    };
  }

  readonly #ends = new Set<() => void>();

  async *#statuses(isOpen: { now: boolean }): AsyncGenerator<ServeStatus> {
    let told = this.status;
    yield told;
    while (isOpen.now) {
      // What came while the last one was being looked at.
      if (this.status !== told) {
        told = this.status;
        yield told;
        continue;
      }
      const next = Promise.withResolvers<ServeStatus | null>();
      const waiter = { resolve: next.resolve, reject: next.reject };
      const end = (): void => next.resolve(null);
      this.#waiters.add(waiter);
      this.#ends.add(end);
      try {
        const status = await next.promise;
        if (status === null) return;
        told = status;
        yield status;
      } finally {
        this.#waiters.delete(waiter);
        this.#ends.delete(end);
      }
    }
  }
}

async function* onlyPast(
  past: readonly ServeEvent[],
  isOpen: { now: boolean },
  ends: Set<() => void>,
): AsyncGenerator<ServeEvent> {
  yield* past;
  if (!isOpen.now) return;
  await new Promise<void>((resolve) => ends.add(resolve));
}
