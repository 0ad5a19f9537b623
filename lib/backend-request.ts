/** From what a user gives for a backend to what an instance is asked for: checked, copied, shipped, plain data. */
import type { BackendTarget, CreateBackendGiven } from './client-options.ts';
import type { BackendRequest, BackendUpdate } from './controls.ts';
import type { BackendConfig } from './domain/backend.ts';
import { isPlainObject } from './domain/given-value.ts';
import type { FoundEnv, NodeEnv } from './domain/node-env.ts';
import { callingScripts } from './shipping/scripts.ts';
import { pack, packSettled } from './wire/value.ts';

/** What was given, as it is now: what the caller does to it later changes nothing. References in it are resolved. */
export async function copyOptions(options: CreateBackendGiven): Promise<CreateBackendGiven> {
  const isReadable: boolean = isPlainObject(options);
  if (!isReadable) return options; // to be refused with the rest
  const { initArgs, config, ...others } = options;
  const [args, ownConfig] = await Promise.all([packSettled(pack(initArgs)), copyConfig(config)]);
  return { ...others, initArgs: args.value as unknown[], ...(ownConfig === undefined ? {} : { config: ownConfig }) };
}

async function copyConfig(config: Partial<BackendConfig> | undefined): Promise<Partial<BackendConfig> | undefined> {
  if (!isPlainObject(config)) return config;
  const copy: Partial<BackendConfig> = { ...config };
  if (!Object.hasOwn(copy, 'userConfig')) return copy;
  return { ...copy, userConfig: (await packSettled(pack(copy.userConfig))).value };
}

/** What of a config is to change. Rejects INVALID_ARGUMENT. */
export async function checkedConfig(given: Partial<BackendConfig>): Promise<Partial<BackendConfig>> {
  const config = await copyConfig(given);
  const { resolveBackendConfig } = await import('./options.ts');
  resolveBackendConfig(config);
  return config ?? {};
}

/** What the instance is asked for. `callers`: the scripts on the stack when the user called. */
export async function requestOf(
  target: BackendTarget,
  given: CreateBackendGiven,
  callers = callingScripts(),
): Promise<BackendRequest> {
  const { resolveCreateBackendOptions } = await import('./options.ts');
  const { ship, constructorArguments } = await import('./shipping/ship.ts');
  const { digestOf } = await import('./shipping/digest.ts');
  const { codeDigestOf } = await import('./shipping/code-digest.ts');
  const { initArgs: givenArgs, config, actorOptions, env: described } = resolveCreateBackendOptions(given);
  const shipment = await ship(target, { initArgs: givenArgs, callers });
  const packed = await packSettled(pack(constructorArguments(target, givenArgs)));
  const initArgs = packed.value as unknown[];
  const env = await found(described);
  const digests = { code: await codeDigestOf(shipment, env?.directory ?? null), initArgs: digestOf(initArgs) };
  return { shipment, initArgs, config, actorOptions, env, digests };
}

/** The same for code that replaces what is there: of its config only what is given counts. */
export async function updateOf(...[target, options, callers]: Parameters<typeof requestOf>): Promise<BackendUpdate> {
  const given = await copyOptions(options);
  return { ...(await requestOf(target, given, callers)), config: given.config ?? {} };
}

async function found(env: NodeEnv | null): Promise<FoundEnv | null> {
  if (env === null) return null;
  const { findEnv } = await import('./shipping/find-env.ts');
  return findEnv(env);
}
