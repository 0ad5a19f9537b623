/** The replica's side of `revive.test.ts`: revives what it is sent, calls it and answers plainly. */
import { parentPort } from 'node:worker_threads';
import { revive } from '../../lib/shipping/revive.ts';
import type { Shipment } from '../../lib/shipping/shipment.ts';

export interface Task {
  readonly shipment: Shipment;
  readonly initArgs?: readonly unknown[];
  readonly method?: string;
  readonly args: readonly unknown[];
}

interface Plain {
  readonly name?: string;
  readonly value?: unknown;
  readonly isClass?: boolean;
  readonly batched?: unknown;
  readonly stack?: string;
}

export type Answer = Plain & { readonly error?: { code?: string; message: string; stack: string; cause?: string } };

type Constructor = new (...args: readonly unknown[]) => Record<string, (...args: readonly unknown[]) => unknown>;

async function run({ shipment, initArgs = [], method = 'call', args }: Task): Promise<Answer> {
  try {
    const { target, isClass, batched } = await revive(shipment, { serve: { tag: 'the toolkit' } });
    const plain = { name: target.name, isClass, batched };
    const instance = isClass ? new (target as unknown as Constructor)(...initArgs) : null;
    const callee = target as (...args: readonly unknown[]) => unknown;
    const value = await (instance === null ? callee(...args) : instance[method]?.(...args));
    if (value instanceof Error) return { ...plain, stack: value.stack ?? '' };
    return { ...plain, value: await collected(value) };
  } catch (thrown) {
    const error = thrown as Error & { code?: string };
    const cause = error.cause === undefined ? {} : { cause: String(error.cause) };
    const code = error.code === undefined ? {} : { code: error.code };
    return { error: { ...code, message: error.message, stack: error.stack ?? '', ...cause } };
  }
}

async function collected(value: unknown): Promise<unknown> {
  if (typeof value !== 'object' || value === null || !('next' in value)) return value;
  const items: unknown[] = [];
  for await (const item of value as unknown as AsyncIterable<unknown>) items.push(item);
  return items;
}

parentPort?.on('message', async (task: Task) => parentPort?.postMessage(await run(task)));
