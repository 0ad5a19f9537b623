/**
 * From nothing, or from `kill -9`, to a detached instance whose two backends both answer over HTTP: one replica in a
 * thread, one in a process of its own.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as serve from 'servelab';
import type { Sample } from '../scenario.ts';
import { beSubject } from '../subject.ts';

const isKilled = process.argv[2] === 'killed';

beSubject(null, {
  serve: async () => {
    const home = mkdtempSync(join(tmpdir(), 'recovery-'));
    process.env.XDG_STATE_HOME = home;
    try {
      return await served();
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  },
});

async function served(): Promise<Sample> {
  const cold = performance.now();
  const client = await serve.start({ name: 'recovery', detached: true, http: { port: 0 } });
  try {
    await client.createBackend('thread', () => process.pid, { actorOptions: { isolation: 'thread' } });
    await client.createBackend('process', () => process.pid, { actorOptions: { isolation: 'process' } });
    for (const name of ['thread', 'process']) await client.createEndpoint(name, { backend: name, route: `/${name}` });
    const urls = ['thread', 'process'].map((name) => `${client.http?.url}/${name}`);
    await Promise.all(urls.map((url) => answers(url)));
    if (!isKilled) return { ms: performance.now() - cold };
    const killed = performance.now();
    process.kill((await client.status()).instance.pid, 'SIGKILL');
    await Promise.all(urls.map((url) => answers(url)));
    return { ms: performance.now() - killed };
  } finally {
    await client.shutdown();
  }
}

async function answers(url: string): Promise<void> {
  while ((await statusOf(url)) !== 200) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** null: nobody answers. */
function statusOf(url: string): Promise<number | null> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false }, (response) => {
      response.resume();
      response.on('error', () => resolve(null));
      response.on('end', () => resolve(response.statusCode ?? null));
    });
    request.on('error', () => resolve(null));
  });
}
