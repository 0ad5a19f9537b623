import type { ActorOptions } from '../domain/backend.ts';

export interface Surroundings {
  /** The environment of the instance's own process. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether GPUs are counted as nvidia-smi does: in the order of the PCI bus, which is not CUDA's own default. */
  readonly areGpusFound: boolean;
}

/**
 * What is added to the environment of a replica that holds these GPUs, by physical index. Pure.
 *
 * A process sees its GPUs in CUDA_VISIBLE_DEVICES, and none when it holds none, unless its `envVars` say otherwise.
 * OMP_NUM_THREADS is 1 unless set. Source: Ray, where several workers share a machine's cores.
 */
export function replicaEnvironment(
  { isolation, numGpus, envVars }: Pick<ActorOptions, 'isolation' | 'numGpus' | 'envVars'>,
  gpus: readonly number[],
  { env, areGpusFound }: Surroundings,
): Readonly<Record<string, string>> {
  const isUnset = (name: string): boolean => envVars[name] === undefined && env[name] === undefined;
  const isProcess = isolation === 'process';
  return {
    ...(isUnset('OMP_NUM_THREADS') && { OMP_NUM_THREADS: '1' }),
    ...(isProcess && { CUDA_VISIBLE_DEVICES: '' }),
    ...envVars,
    ...(isProcess && numGpus > 0 && { CUDA_VISIBLE_DEVICES: gpus.join(',') }),
    ...(isProcess &&
      numGpus > 0 &&
      areGpusFound &&
      isUnset('CUDA_DEVICE_ORDER') && { CUDA_DEVICE_ORDER: 'PCI_BUS_ID' }),
  };
}
