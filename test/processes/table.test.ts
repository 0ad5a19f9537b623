// What a control call has changed, the very next call of a process that composes goes by.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { handleOf, until, withInstance } from '../support/instance.ts';
import { ISOLATIONS } from '../support/isolations.ts';

const test = suite('the routing table in a process');

/** Asks endpoint `e`, and says who answered or why nobody did. */
class Asker {
  async call(): Promise<string> {
    const client = await serve.connect();
    return this.#ask(await client.getHandle('e', { missingOk: true }));
  }

  /** Says that it spins, by a file, and calls once another file is there, without a turn of its event loop. */
  async spin(directory: string): Promise<string> {
    const { existsSync, writeFileSync } = await import('node:fs');
    const client = await serve.connect();
    const handle = await client.getHandle('e', { missingOk: true });
    await this.#ask(handle);
    writeFileSync(`${directory}/spins`, '');
    while (!existsSync(`${directory}/go`));
    return this.#ask(handle);
  }

  /** As `spin`, but it looks for the endpoint itself. */
  async find(directory: string): Promise<string> {
    const { existsSync, writeFileSync } = await import('node:fs');
    const client = await serve.connect();
    await this.#ask(await client.getHandle('e', { missingOk: true }));
    writeFileSync(`${directory}/spins`, '');
    while (!existsSync(`${directory}/go`));
    return client.getHandle('e').then(
      () => 'found',
      (error) => error.code,
    );
  }

  #ask(handle: serve.Handle): Promise<string> {
    return handle.remote().then(
      (answer) => answer as string,
      (error) => (error as serve.ServeError).code,
    );
  }
}

async function serveVersions(client: serve.Client): Promise<void> {
  for (const [i, isolation] of ISOLATIONS.entries()) {
    const options = { actorOptions: { isolation } };
    await client.createBackend(`v${i}`, () => serve.getCurrentBackendTag(), options);
  }
  await client.createEndpoint('e', { backend: 'v0' });
}

test(
  'a process that composes calls by the table of the last control call, 200 times in a row',
  withInstance(
    async (client) => {
      await serveVersions(client);
      const askers: serve.Handle[] = [];
      for (const isolation of ISOLATIONS) {
        askers.push(await handleOf(client, `asker-${isolation}`, Asker, { actorOptions: { isolation } }));
      }
      for (let i = 0; i < 200; i++) {
        const version = `v${i % 2}`;
        await client.setTraffic('e', { [version]: 1 });
        const answers = await serve.get([...askers, ...askers].map((asker) => asker.remote()));
        assert.equal(answers, Array(4).fill(version), `after change ${i}`);
      }
    },
    { http: null },
  ),
);

/** A change of the instance, and what a call right after it says. */
const CHANGES: Readonly<Record<string, readonly [change: (client: serve.Client) => Promise<void>, answer: string]>> = {
  'new weights': [(client) => client.setTraffic('e', { v1: 1 }), 'v1'],
  'a deleted endpoint': [(client) => client.deleteEndpoint('e'), 'ENDPOINT_NOT_FOUND'],
  'an endpoint in the place of another': [
    async (client) => {
      await client.deleteEndpoint('e');
      await client.createEndpoint('e', { backend: 'v1' });
    },
    'v1',
  ],
  'a new backend': [
    async (client) => {
      await client.createBackend('v2', () => 'new', { actorOptions: { isolation: 'process' } });
      await client.setTraffic('e', { v2: 1 });
    },
    'new',
  ],
  'no replica wanted': [(client) => client.updateBackendConfig('v0', { numReplicas: 0 }), 'NO_REPLICA'],
};

async function whileItSpins(asker: serve.Handle, methodName: string, change: () => Promise<void>): Promise<unknown> {
  const directory = mkdtempSync(join(tmpdir(), 'servelab-table-'));
  try {
    const answer = asker.options({ methodName }).remote(directory);
    await until(() => existsSync(join(directory, 'spins')), 'the asker to spin');
    await change();
    writeFileSync(join(directory, 'go'), '');
    return await answer;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

for (const isolation of ISOLATIONS) {
  for (const [title, [change, wanted]] of Object.entries(CHANGES)) {
    test(
      `${title}: seen by the next call of a ${isolation} that has spun meanwhile`,
      withInstance(
        async (client) => {
          await serveVersions(client);
          const asker = await handleOf(client, 'asker', Asker, { actorOptions: { isolation } });
          assert.is(await whileItSpins(asker, 'spin', () => change(client)), wanted);
        },
        { http: null },
      ),
    );
  }
  test(
    `getHandle() in a ${isolation} that has spun knows which endpoints there are now`,
    withInstance(
      async (client) => {
        await serveVersions(client);
        const asker = await handleOf(client, 'asker', Asker, { actorOptions: { isolation } });
        assert.is(await whileItSpins(asker, 'find', () => client.deleteEndpoint('e')), 'ENDPOINT_NOT_FOUND');
        const create = () => client.createEndpoint('e', { backend: 'v1' });
        assert.is(await whileItSpins(asker, 'find', create), 'found');
      },
      { http: null },
    ),
  );
}

test.run();
