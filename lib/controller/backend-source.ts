import type { ActorOptions, BackendConfig, BackendDigests, BackendTag } from '../domain/backend.ts';
import { type ReplicaSpec, type ReplicaTag, servingOf } from '../domain/replica.ts';

/** What a backend is made of, besides its config. */
export interface BackendSource extends ActorOptions, Pick<ReplicaSpec, 'node' | 'directory'> {
  readonly shipment: unknown;
  readonly initArgs: readonly unknown[];
  readonly digests: BackendDigests;
}

/** A spec without what only the instance knows. */
export type BackendSpec = Omit<ReplicaSpec, 'instanceName' | 'httpUrl' | 'marksOutput'>;

/** What one replica of the backend is started with. */
export function specOf(
  replica: { readonly backend: BackendTag; readonly replica: ReplicaTag },
  source: BackendSource,
  config: BackendConfig,
  envVars: Readonly<Record<string, string>>,
): BackendSpec {
  const { shipment, initArgs, isolation, node, directory, maxMemoryBytes } = source;
  return {
    ...replica,
    shipment,
    initArgs,
    serving: servingOf(config),
    userConfig: config.userConfig,
    isolation,
    envVars,
    node,
    directory,
    maxMemoryBytes,
  };
}
