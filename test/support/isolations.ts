/** Tests that hold whatever a replica runs in. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type * as serve from 'servelab';
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import { clientIsElsewhere } from './instance-elsewhere.ts';

export const ISOLATIONS = ['thread', 'process'] as const;

export type Isolation = (typeof ISOLATIONS)[number];

type Body = (isolation: Isolation) => Promise<void>;

export interface IsolationSuite {
  /** Registers the test twice: for replicas in threads, and in processes. */
  (title: string, body: Body): void;
  /** Registers it for replicas in threads alone. */
  threads(title: string, body: Body): void;
  /** Registers it for replicas in processes alone. */
  processes(title: string, body: Body): void;
  run(): void;
}

const chosen = new AsyncLocalStorage<Isolation>();

/** A suite of uvu whose titles say what the replicas run in. */
export const isolationSuite = (name: string): IsolationSuite => inThreadsAndProcesses(suite(name));

/**
 * Like `test`, but registers each test twice: what its `withInstance` gives runs replicas in threads, then in processes.
 * For a client elsewhere once is enough: what it reaches is the same.
 */
export function inThreadsAndProcesses(test: Test): IsolationSuite {
  const register = (isolations: readonly Isolation[], title: string, body: Body): void => {
    for (const isolation of isolations)
      test(`${isolation}: ${title}`, () => chosen.run(isolation, () => body(isolation)));
  };
  const all = clientIsElsewhere ? (['thread'] as const) : ISOLATIONS;
  return Object.assign((title: string, body: Body) => register(all, title, body), {
    threads: (title: string, body: Body) => register(['thread'], title, body),
    processes: (title: string, body: Body) => register(['process'], title, body),
    run: () => test.run(),
  });
}

/** A client whose backends run in what the test that runs now has chosen, unless they ask for something else. */
export function choosingIsolation(client: serve.Client): serve.Client {
  const isolation = chosen.getStore();
  if (isolation === undefined) return client;
  const create = client.createBackend.bind(client);
  client.createBackend = (tag, target, options = {}) =>
    create(tag, target, { ...options, actorOptions: { isolation, ...options.actorOptions } });
  return client;
}

/** `client.createBackend` with replicas that run in this. */
export function inIsolation(client: serve.Client, isolation: Isolation): serve.Client['createBackend'] {
  return async (tag, target, options = {}) => {
    await client.createBackend(tag, target, { ...options, actorOptions: { ...options.actorOptions, isolation } });
    for (const replica of (await client.status()).replicas) {
      if (replica.backend === tag && replica.state === 'RUNNING') assert.is(replica.isolation, isolation, replica.tag);
    }
  };
}
