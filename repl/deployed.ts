import { type BackendTarget, type Client, planConfig } from '../lib/index.ts';

/** Backends whose replicas run this code, as it is now; none for what could not be one. */
export async function backendsRunning(target: unknown, client: Client): Promise<readonly string[]> {
  if (typeof target !== 'function') return [];
  const { backends } = await client.describe();
  const running: string[] = [];
  for (const tag of Object.keys(backends)) {
    const wanted = { backends: { [tag]: { target: target as BackendTarget } }, endpoints: {} };
    // What cannot be shipped runs nowhere.
    const plan = await planConfig(client, wanted).catch(() => null);
    const differs = ({ key }: { readonly key: string }): boolean => key === 'code';
    if (plan && !plan.steps.some((step) => 'changes' in step && step.changes.some(differs))) running.push(tag);
  }
  return running;
}
