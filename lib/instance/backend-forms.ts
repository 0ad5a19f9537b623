/** A backend as clients give it, as the controller holds it, and as it is told. */
import type { BackendSource } from '../controller/backend-source.ts';
import type { BackendDescription, BackendRequest } from '../controls.ts';
import type { BackendConfig } from '../domain/backend.ts';

export function sourceOf({
  shipment,
  initArgs,
  actorOptions,
  env,
  digests,
}: Omit<BackendRequest, 'config'>): BackendSource {
  const { node = null, directory = null } = env ?? {};
  return { shipment, initArgs, digests, node, directory, ...actorOptions };
}

export function describe(config: BackendConfig, source: BackendSource): BackendDescription {
  const { shipment, initArgs, digests, node, directory, ...actorOptions } = source;
  return { config: ownCopy(config), actorOptions, env: directory === null ? null : { directory, node }, digests };
}

export const listOf = (given: object): string => Object.keys(given).join(', ') || 'nothing';

/** A config whose `userConfig` its reader may change: ours is what the next one is compared with. */
export const ownCopy = (config: BackendConfig): BackendConfig => ({
  ...config,
  userConfig: structuredClone(config.userConfig),
});
