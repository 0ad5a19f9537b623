/** The options of an instance in a process of its own, as they came there. */
import type Koa from 'koa';
import { type ImportedTarget, markImported } from '../domain/imported.ts';
import { ServeError } from '../errors.ts';
import type { HostTask, ShippedHttp } from '../host-task.ts';
import type { StartOptions } from '../options.ts';
import { revive } from '../shipping/revive.ts';

export async function revivedOptions(options: HostTask['options']): Promise<StartOptions> {
  const { http } = options;
  if (http === null) return { ...options, http };
  return { ...options, http: { ...http, middlewares: await Promise.all(http.middlewares.map(middlewareOf)) } };
}

async function middlewareOf(given: ShippedHttp['middlewares'][number]): Promise<Koa.Middleware | ImportedTarget> {
  if ('imported' in given) return markImported({ ...given.imported });
  const serve = await import('../index.ts');
  const part = (): never => {
    throw new ServeError(
      'NOT_SHIPPABLE',
      'a middleware runs in the instance itself, where it has no use for a client or a handle',
    );
  };
  return (await revive(given.shipment, { serve, part })).target as unknown as Koa.Middleware;
}
