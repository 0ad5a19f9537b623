/** The instance that a prompt works on: one that runs already, or one of its own in a process of its own. */
import type { Client, ServeStatus } from '../../lib/index.ts';

export interface PromptInstance {
  readonly client: Client;
  readonly name: string;
  /** It ends with the prompt. */
  readonly isOwn: boolean;
}

/** Rejects with what `serve.connect` and `serve.start` reject with. */
export async function findOrStart(name: string): Promise<PromptInstance> {
  // The prompt is there before this is loaded.
  const { connect, ServeError } = await import('../../lib/index.ts');
  try {
    return { client: await connect({ name }), name, isOwn: false };
  } catch (error) {
    if (!(error instanceof ServeError) || error.code !== 'INSTANCE_NOT_FOUND') throw error;
  }
  const { startOnFreePort } = await import('../start-on-free-port.ts');
  return { client: await startOnFreePort({ name, host: 'process' }), name, isOwn: true };
}

/** In a few characters, for the prompt: nothing when all is well. */
export function healthOf({ backends }: ServeStatus): string {
  const all = Object.values(backends).map((backend) => backend.replicas);
  const target = sum(all.map((replicas) => replicas.target));
  const running = sum(all.map((replicas) => replicas.running));
  return running < target ? ` ${running}/${target}` : '';
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
