/** The replica's side of the tests, in a thread or a process: revives what it is sent, calls it and answers plainly. */
import { inspect } from 'node:util';
import type { Part } from '../../lib/domain/part.ts';
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

const provided = {
  serve: { tag: 'the toolkit' },
  part: ({ kind, state }: Part) => ({ revived: kind, state }),
};

export async function runTask({ shipment, initArgs = [], method = 'call', args }: Task): Promise<Answer> {
  try {
    const { target, isClass, batched } = await revive(shipment, provided);
    const plain = { name: target.name, isClass, batched };
    const instance = isClass ? new (target as unknown as Constructor)(...initArgs) : null;
    const callee = target as (...args: readonly unknown[]) => unknown;
    const value = await (instance === null ? callee(...args) : instance[method]?.(...args));
    if (value instanceof Error) return { ...plain, stack: value.stack ?? '' };
    return { ...plain, value: await collected(value) };
  } catch (thrown) {
    if (!(thrown instanceof Error)) return { error: { message: inspect(thrown), stack: '' } };
    const error: Error & { code?: string } = thrown;
    const cause = error.cause === undefined ? {} : { cause: String(error.cause) };
    const code = error.code === undefined ? {} : { code: error.code };
    return { error: { ...code, message: error.message, stack: error.stack ?? '', ...cause } };
  }
}

/** What an iterator gives, as a list; anything else as it is. */
export async function collected(value: unknown): Promise<unknown> {
  if (typeof value !== 'object' || value === null || !('next' in value)) return value;
  const items: unknown[] = [];
  for await (const item of value as unknown as AsyncIterable<unknown>) items.push(item);
  return items;
}
