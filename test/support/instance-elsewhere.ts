/** Instances in another process, for tests that hold for a client of one as they do for one that is inline. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import * as serve from 'servelab';
import type { Started } from './programs/hosting.ts';

/** Set for test files that are run once more so. */
export const clientIsElsewhere = process.env.SERVELAB_CLIENT === 'elsewhere';

const PROGRAM = fileURLToPath(new URL('./programs/hosting.js', import.meta.url));

let host: Promise<ChildProcess> | null = null;

/** One process for all instances of a test file: it ends with it. */
async function startHost(): Promise<ChildProcess> {
  const child = fork(PROGRAM);
  await once(child, 'message');
  child.unref();
  child.channel?.unref();
  return child;
}

/** A client of a new instance that this process has no part in. */
export async function startElsewhere(options: serve.StartGiven & { readonly name: string }): Promise<serve.Client> {
  host ??= startHost();
  const child = await host;
  child.channel?.ref();
  child.send(options);
  for (;;) {
    const [said] = (await once(child, 'message')) as [Started];
    if (said.name !== options.name) continue;
    child.channel?.unref();
    if (said.message !== null) throw new Error(`the instance could not be started: ${said.message}`);
    const client = await serve.connect({ name: options.name });
    const { instance } = await client.status();
    if (instance.pid !== child.pid) throw new Error(`it runs in process ${instance.pid}, and not in ${child.pid}`);
    return client;
  }
}

/** `register` for tests of what only the process of an instance has: its pid, its stderr, its own thread. */
export const inlineOnly = <Register extends (title: string, body: () => Promise<void>) => void>(
  register: Register,
): ((title: string, body: () => Promise<void>) => void) => (clientIsElsewhere ? () => {} : register);
