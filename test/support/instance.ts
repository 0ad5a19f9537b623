// An instance for one test, and what tests say of failures.
import * as serve from 'servelab';
import * as assert from 'uvu/assert';
import { clientIsElsewhere, startElsewhere } from './instance-elsewhere.ts';
import { choosingIsolation } from './isolations.ts';

let started = 0;

/**
 * A test that has an instance of its own, on a free port, shut down however the test ends. In a file that is run for
 * clients elsewhere the instance is in another process.
 */
export function withInstance(
  run: (client: serve.Client, url: string) => Promise<void>,
  options: serve.StartGiven = {},
): () => Promise<void> {
  return async () => {
    const name = options.name ?? `test-${++started}`;
    const http = options.http === null ? null : { port: 0, ...options.http };
    const start = clientIsElsewhere ? startElsewhere : serve.start;
    const client = choosingIsolation(await start({ ...options, name, http }));
    try {
      await run(client, client.http?.url ?? '');
    } finally {
      await endInstance(name);
    }
  };
}

/** Also when the test has closed its own client, or has shut the instance down. */
async function endInstance(name: string): Promise<void> {
  try {
    const client = await serve.connect({ name });
    await client.shutdown();
  } catch (error) {
    if (codeOf(error) !== 'INSTANCE_NOT_FOUND') throw error;
  }
}

/** Awaits a failure of this code whose message has all these parts; returns it. */
export async function fails(
  work: PromiseLike<unknown> | (() => unknown),
  code: serve.ServeErrorCode,
  ...parts: readonly string[]
): Promise<serve.ServeError> {
  const thrown = await failureOf(work);
  if (!(thrown instanceof serve.ServeError)) throw new Error(`${code} was wanted, got ${thrown}`, { cause: thrown });
  assert.is(thrown.code, code, `${code} was wanted, got ${thrown.code}: ${thrown.message}`);
  for (const part of parts) {
    assert.ok(thrown.message.includes(part), `the message lacks ${JSON.stringify(part)}: ${thrown.message}`);
  }
  return thrown;
}

/** Whatever `work` throws or rejects with. */
export async function failureOf(work: PromiseLike<unknown> | (() => unknown)): Promise<unknown> {
  let value: unknown;
  try {
    value = await (typeof work === 'function' ? work() : work);
  } catch (error) {
    return error;
  }
  return assert.unreachable(`a failure was wanted, got ${JSON.stringify(value)}`);
}

export function codeOf(error: unknown): unknown {
  return error instanceof serve.ServeError ? error.code : undefined;
}

/** Waits until `isSo`, looking again whenever the event loop has turned; for what no event tells. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string, withinMs = 60_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > end) assert.unreachable(`waited ${withinMs} ms for: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A handle on a fresh endpoint that calls a fresh backend, both of this name. */
export async function handleOf(
  client: serve.Client,
  name: string,
  target: serve.BackendTarget,
  options: serve.CreateBackendGiven = {},
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever comes back
): Promise<serve.Handle<any>> {
  await client.createBackend(name, target, options);
  await client.createEndpoint(name, { backend: name, route: `/${name}`, methods: ['GET', 'POST'] });
  return client.getHandle(name);
}
