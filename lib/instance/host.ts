/**
 * The program of a process that hosts one instance. Descriptor 3 leads to who starts it, who says how and is told
 * whether it did. A detached one goes on when the starter lets go; another ends with its starter, in whatever way that ends.
 */
import { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import type Koa from 'koa';
import { type ImportedTarget, markImported } from '../domain/imported.ts';
import { ServeError } from '../errors.ts';
import type { FromHost, HostTask, ShippedHttp } from '../host-task.ts';
import type { StartOptions } from '../options.ts';
import { revive } from '../shipping/revive.ts';
import { packError } from '../wire/error-envelope.ts';
import { SocketPort } from '../wire/socket-port.ts';
import { hostInstance } from './instance.ts';

/** How long an instance may take to stop in good order when its owner is gone, in ms. */
const GRACE_MS = 3000;

const starter = new SocketPort(new Socket({ fd: 3, readable: true, writable: true }));
const say = (message: FromHost): void => starter.postMessage(message);

starter.once('message', (task: HostTask) => void host(task));

async function host({ options }: HostTask): Promise<void> {
  process.title = `servelab instance ${options.name}`;
  try {
    const { client, ended } = await hostInstance(await revived(options));
    if (options.detached)
      process.on('SIGHUP', () => {}); // the terminal it was started from has closed
    else endWithOwner(() => client.shutdown());
    say({ type: 'started' });
    await ended;
    process.exit(0);
  } catch (error) {
    say({ type: 'failed', error: packError(error) });
    starter.on('close', () => process.exit(1));
    starter.close();
  }
}

/** However the owner ends, its end of the descriptor closes. A thread sees to it that this one ends, too. */
function endWithOwner(shutDown: () => Promise<void>): void {
  const watch = new URL('../wire/parent-watch.js', import.meta.url);
  new Worker(watch, { workerData: { graceMs: GRACE_MS }, execArgv: [] }).unref();
  starter.on('close', () => void shutDown());
}

async function revived(options: HostTask['options']): Promise<StartOptions> {
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
