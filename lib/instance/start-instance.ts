/** Starting an instance in this process. */
import type { Client } from '../client.ts';
import { hostedHere } from '../current.ts';
import type { StartOptions } from '../options.ts';
import type { EventLog } from '../telemetry/event-log.ts';
import { instanceExists } from './front-door.ts';
import { Instance } from './instance.ts';

/** Rejects with INVALID_ARGUMENT, INSTANCE_EXISTS, PORT_IN_USE, LISTEN_FAILED; then nothing is left running. */
export async function startInstance(options: StartOptions): Promise<Client> {
  return (await hostInstance(options)).client;
}

export interface HostedInstance {
  readonly client: Client;
  /** Resolves when somebody has shut it down, or `end` was called, and whoever was connected has been let go. */
  readonly ended: Promise<void>;
  readonly events: EventLog;
  /** Where it keeps what it has. */
  readonly directory: string;
  /** Stops it. What a detached one has stays, so that it can be started again. */
  end(): Promise<void>;
}

/**
 * The same, for a process that is there for the instance alone. Rejects with what opening a store rejects with, too.
 * `ending`: replicas are waited for no more.
 */
export async function hostInstance(options: StartOptions, ending?: AbortSignal): Promise<HostedInstance> {
  if (hostedHere.has(options.name)) throw instanceExists(options.name, 'in this process');
  const instance = new Instance(options);
  hostedHere.set(options.name, instance.newClient);
  try {
    await instance.open(ending);
  } catch (error) {
    hostedHere.delete(options.name);
    throw error;
  }
  return {
    client: instance.newClient(),
    ended: instance.ended,
    events: instance.events,
    directory: instance.directory,
    end: () => instance.stop('keep'),
  };
}
