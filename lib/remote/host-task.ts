/** What a host process is to do, from what users give and from what the instance was started with before. */
import { readHostRecord } from '../control/host-record.ts';
import { isImported } from '../domain/imported.ts';
import type { HostTask, ShippedHttp } from '../host-task.ts';
import type { HttpOptions, StartOptions } from '../options.ts';
import type { StartGiven } from '../serve.ts';
import { ship } from '../shipping/ship.ts';

/** Rejects with NOT_SHIPPABLE (a middleware), STORE_CORRUPT. */
export async function hostTask(options: StartOptions, given: StartGiven, stateDirectory: string): Promise<HostTask> {
  const task = { options: { ...options, http: options.http && (await shipped(options.http)) }, takesAnyPort: false };
  const before = options.detached ? (readHostRecord(stateDirectory) as HostTask | null) : null;
  return before === null ? task : over(before, task, given);
}

/** What was not given stays as it was. */
function over(before: HostTask, task: HostTask, given: StartGiven): HostTask {
  const { http, resources, restart } = task.options;
  const options = {
    ...before.options,
    ...(given.restart === undefined ? {} : { restart }),
    ...(given.resources === undefined ? {} : { resources }),
    ...(given.http === undefined ? {} : { http: http && httpOver(before.options.http, http, given.http) }),
  };
  return { options, takesAnyPort: before.takesAnyPort && given.http?.port === undefined };
}

function httpOver(before: ShippedHttp | null, http: ShippedHttp, given: object | null): ShippedHttp {
  const isGiven = (key: string): boolean => given !== null && Object.hasOwn(given, key);
  return { ...http, ...before, ...Object.fromEntries(Object.entries(http).filter(([key]) => isGiven(key))) };
}

async function shipped(http: HttpOptions): Promise<ShippedHttp> {
  const middlewares = await Promise.all(
    http.middlewares.map(async (given) =>
      isImported(given) ? { imported: given } : { shipment: await ship(given, { initArgs: [] }) },
    ),
  );
  return { ...http, middlewares };
}
