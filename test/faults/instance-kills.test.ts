/**
 * Rows 74 and 75: a detached instance is killed again and again under load and in the middle of changes. It comes back at
 * its address with every change it has acknowledged, and nothing of its lives before is left.
 */
import { Agent, get } from 'node:http';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Detached } from '../support/detached.ts';
import { codeOf, until } from '../support/instance.ts';

/** All of them: SERVELAB_INSTANCE_KILLS=100. */
const KILLS = Number(process.env.SERVELAB_INSTANCE_KILLS ?? 6);
const CALLERS = 8;

const test = suite('an instance killed under load');

class Load {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CALLERS });
  readonly #url: string;
  readonly #callers: Promise<void>[];
  /** What came back: a status, or a connection's end. */
  readonly outcomes = new Map<string, number>();
  answered = 0;
  #isOver = false;

  constructor(url: string) {
    this.#url = url;
    this.#callers = Array.from({ length: CALLERS }, () => this.#call());
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#callers);
    this.#agent.destroy();
  }

  async #call(): Promise<void> {
    while (!this.#isOver) {
      const outcome = await this.#once();
      this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
      if (outcome === '200') this.answered++;
    }
  }

  #once(): Promise<string> {
    return new Promise((resolve) => {
      const request = get(this.#url, { agent: this.#agent }, (response) => {
        response.on('error', () => resolve('cut'));
        response.on('end', () => resolve(String(response.statusCode)));
        response.resume();
      });
      request.on('error', () => setTimeout(resolve, 5, 'cut'));
    });
  }
}

test(`killed ${KILLS} times, it is back each time with all that it has acknowledged`, async () => {
  const instance = new Detached('killed');
  try {
    const client = await instance.start({ http: { port: 0 } });
    await client.createBackend('steady', () => 'steady', { config: { numReplicas: 2 } });
    await client.createBackend('apart', () => process.pid, { actorOptions: { isolation: 'process' } });
    for (const [name, backend] of Object.entries({ steady: 'steady', apart: 'apart' })) {
      await client.createEndpoint(name, { backend, route: `/${name}` });
    }
    const load = new Load(`${client.http?.url}/steady`);
    const acknowledged = new Set<string>();
    const unknown = new Set<string>();
    for (let kill = 1; kill <= KILLS; kill++) {
      const writer = await instance.connect();
      const { pid } = (await writer.status()).instance;
      const old = (await writer.status()).replicas.map((replica) => replica.pid).filter((one) => one !== pid);
      const answered = load.answered;
      await until(() => load.answered >= answered + 50, 'it serves under load');
      // Changes go on until it is killed in the middle of one.
      const changing = (async () => {
        for (let n = 0; ; n++) {
          const name = `e-${kill}-${n}`;
          unknown.add(name);
          await writer.createEndpoint(name, { backend: 'steady' });
          unknown.delete(name);
          acknowledged.add(name);
        }
      })().catch((error: unknown) => assert.is(codeOf(error), 'INSTANCE_NOT_FOUND'));
      const before = acknowledged.size;
      await until(() => acknowledged.size > before + (kill % 5), 'changes to be made');
      await instance.kill(pid);
      await changing;
      const again = await instance.connectAgain(pid);
      const { endpoints } = await again.status();
      for (const name of acknowledged) assert.ok(endpoints[name], `${name} was acknowledged`);
      for (const name of Object.keys(endpoints)) {
        assert.ok(
          ['steady', 'apart'].includes(name) || acknowledged.has(name) || unknown.has(name),
          `${name} is nobody's`,
        );
      }
      assert.is(await (await fetch(`${again.http?.url}/steady`)).text(), 'steady');
      const apart = Number(await (await fetch(`${again.http?.url}/apart`)).text());
      assert.not.ok(old.includes(apart), 'it is another process');
      const alive = instance.processes.map((one) => one.pid);
      assert.equal(
        old.filter((one) => alive.includes(one)),
        [],
        'nothing of the life before',
      );
      assert.is(again.http?.url, client.http?.url);
    }
    await load.end();
    assert.equal(
      [...load.outcomes.keys()].sort().filter((outcome) => !['200', 'cut', '503'].includes(outcome)),
      [],
    );
    const last = await instance.connect();
    assert.is((await last.history()).length, (await last.status()).instance.revision);
  } finally {
    await instance.end();
  }
});

test.run();
