// Tests written for one instance that must hold wherever its replicas run.
import { AsyncLocalStorage } from 'node:async_hooks';
import type * as serve from 'servelab';
import type { Test } from 'uvu';
import { ISOLATIONS, type Isolation } from './isolations.ts';

type Body = () => Promise<void>;

const chosen = new AsyncLocalStorage<Isolation>();

/** Like `test`, but registers each test twice: its `withInstance` runs replicas in threads, then in processes. */
export function inThreadsAndProcesses(test: Test): ((title: string, body: Body) => void) & Pick<Test, 'run'> {
  const register = (title: string, body: Body): void => {
    for (const isolation of ISOLATIONS) test(`${title} (${isolation})`, () => chosen.run(isolation, body));
  };
  return Object.assign(register, { run: () => test.run() });
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
