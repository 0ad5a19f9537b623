/** Makes an instance what a config says: first what would have to be done, then that. */
import { copyOptions, requestOf } from './backend-request.ts';
import type { Client } from './client.ts';
import type { ConfigPlan, ConfiguredBackend, EndpointGiven, ServeConfig } from './config.ts';
import {
  type ConfigChange,
  type ConfigStep,
  planSteps,
  type Wanted,
  type WantedBackend,
  type WantedEndpoint,
} from './config-plan.ts';
import type { BackendConfig, BackendTag } from './domain/backend.ts';
import { isServeError, ServeError } from './errors.ts';
import { resolveUpdateEndpointOptions } from './options.ts';

export async function planConfig(client: Client, config: ServeConfig, prune: boolean): Promise<ConfigPlan> {
  return { steps: planSteps(await client.describe(), await wantedBy(config), prune) };
}

export async function applyConfig(
  client: Client,
  config: ServeConfig,
  { steps }: ConfigPlan,
  done: (step: ConfigStep) => void,
): Promise<void> {
  for (const step of steps) {
    await take(step, client, config);
    done(step);
  }
}

async function wantedBy(config: ServeConfig): Promise<Wanted> {
  const backends = new Map<BackendTag, WantedBackend>();
  for (const [tag, backend] of Object.entries(config.backends)) {
    backends.set(tag, await at(`backends.${tag}`, () => wantedBackend(backend)));
  }
  const endpoints = new Map<string, WantedEndpoint>();
  for (const [name, endpoint] of Object.entries(config.endpoints)) {
    endpoints.set(name, await at(`endpoints.${name}`, () => wantedEndpoint(endpoint)));
  }
  return { backends, endpoints };
}

async function wantedBackend({ target, ...given }: ConfiguredBackend): Promise<WantedBackend> {
  const options = await copyOptions(given);
  const { config, actorOptions, env, digests } = await requestOf(target, options);
  const keys = Object.keys(options.config ?? {}) as (keyof BackendConfig)[];
  return { config: Object.fromEntries(keys.map((key) => [key, config[key]])), actorOptions, env, digests };
}

async function wantedEndpoint({ traffic, shadows, ...others }: EndpointGiven): Promise<WantedEndpoint> {
  return { ...resolveUpdateEndpointOptions(others), traffic, ...(shadows && { shadows }) };
}

async function at<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isServeError(error)) throw error;
    throw new ServeError(error.code, `${place}: ${error.message}`, { cause: error.cause });
  }
}

async function take(step: ConfigStep, client: Client, config: ServeConfig): Promise<void> {
  switch (step.type) {
    case 'create-backend':
    case 'update-backend': {
      const { target, ...options } = config.backends[step.backend] as ConfiguredBackend;
      if (step.type === 'create-backend') await client.createBackend(step.backend, target, options);
      else await client.updateBackend(step.backend, target, options);
      break;
    }
    case 'update-backend-config':
      await client.updateBackendConfig(step.backend, valuesOf(step.changes));
      break;
    case 'delete-backend':
      await client.deleteBackend(step.backend);
      break;
    case 'create-endpoint':
      await createEndpoint(client, step.endpoint, step.wanted);
      break;
    case 'update-endpoint':
      await client.updateEndpoint(step.endpoint, valuesOf(step.changes));
      break;
    case 'set-traffic':
      await client.setTraffic(step.endpoint, step.to);
      break;
    case 'set-shadows':
      for (const tag of new Set([...Object.keys(step.from), ...Object.keys(step.to)])) {
        const proportion = step.to[tag] ?? 0;
        if (proportion !== (step.from[tag] ?? 0)) await client.shadowTraffic(step.endpoint, tag, proportion);
      }
      break;
    case 'delete-endpoint':
      await client.deleteEndpoint(step.endpoint);
      break;
  }
}

/** With its route last, so that nobody finds it half made. */
async function createEndpoint(client: Client, name: string, wanted: WantedEndpoint): Promise<void> {
  const { traffic, shadows = {}, route = null, ...others } = wanted;
  const [backend = ''] = Object.keys(traffic).filter((tag) => (traffic[tag] ?? 0) > 0);
  const copies = Object.entries(shadows);
  const isMore = copies.length > 0 || Object.keys(traffic).length > 1;
  await client.createEndpoint(name, { ...others, backend, ...(!isMore && { route }) });
  if (!isMore) return;
  await client.setTraffic(name, traffic);
  for (const [tag, proportion] of copies) await client.shadowTraffic(name, tag, proportion);
  if (route !== null) await client.updateEndpoint(name, { route });
}

const valuesOf = (changes: readonly ConfigChange[]): Record<string, unknown> =>
  Object.fromEntries(changes.map(({ key, to }) => [key, to]));
