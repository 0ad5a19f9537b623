/** An instance that the terminal UI can be told to watch, from another process. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import * as serve from 'servelab';
import { beSubject } from '../subject.ts';
import { NOOP_ANSWER } from '../work.ts';

const NAME = 'watched';
const WATCHER = fileURLToPath(new URL('../watcher.js', import.meta.url));

const client = await serve.start({ name: NAME, http: { port: 0 } });
await client.createBackend('noop', () => NOOP_ANSWER);
await client.createEndpoint('noop', { backend: 'noop', route: '/noop' });
const watcher = fork(WATCHER, [NAME], { env: { ...process.env, NODE_ENV: 'production' } });

async function tell(message: 'watch' | 'rest'): Promise<Record<string, never>> {
  watcher.send(message);
  await once(watcher, 'message');
  return {};
}

beSubject(client.http?.url ?? null, { watch: () => tell('watch'), rest: () => tell('rest') });
