/** Tests that hold whatever a replica runs in. */
import type * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

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

/** A suite of uvu whose titles say what the replicas run in. */
export function isolationSuite(name: string): IsolationSuite {
  const test = suite(name);
  const register = (isolations: readonly Isolation[], title: string, body: Body): void => {
    for (const isolation of isolations) test(`${isolation}: ${title}`, () => body(isolation));
  };
  return Object.assign((title: string, body: Body) => register(ISOLATIONS, title, body), {
    threads: (title: string, body: Body) => register(['thread'], title, body),
    processes: (title: string, body: Body) => register(['process'], title, body),
    run: () => test.run(),
  });
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
