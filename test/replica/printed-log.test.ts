// What replicas print in an instance that has a process of its own, as it stands in its log.
import { readFileSync } from 'node:fs';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, until } from '../support/instance.ts';

const test = suite('the log of what replicas print');

const LINES = 3000;
/** More than a pipe passes at once, so that pieces end in the middle of lines. */
const TAIL = '.'.repeat(100);

let started = 0;

/** A test with an instance in a process of its own; `logged` reads what it and its replicas have printed. */
function withLog(run: (client: serve.Client, logged: () => string) => Promise<void>): () => Promise<void> {
  return async () => {
    const name = `printed-log-${++started}`;
    const client = await serve.start({ name, host: 'process', http: null });
    try {
      const { log } = await serve.findInstance(name);
      await run(client, () => readFileSync(log ?? '', 'utf8'));
    } finally {
      await client.shutdown();
    }
  };
}

/** Neither marked nor what the instance says itself. */
const unmarked = (log: string): string[] =>
  log.split('\n').filter((line) => !/^(\d{4}-|servelab: |[\w-]+#\d+ \| |$)/.test(line));

test(
  'two replicas that print at once keep their lines whole, each marked with its tag',
  withLog(async (client, logged) => {
    const print = (request: serve.ServeRequest) => {
      const { lines, tail } = request.data as { lines: number; tail: string };
      for (let at = 0; at < lines; at++) {
        process.stdout.write(`line ${at} `);
        process.stdout.write(Buffer.from(`${tail}\n`));
      }
      console.error('all printed');
    };
    await client.createBackend('thread', print);
    await client.createBackend('process', print, { actorOptions: { isolation: 'process' } });
    const wanted = Array.from({ length: LINES }, (_, at) => `line ${at} ${TAIL}`);
    const printing = ['thread', 'process'].map(async (name) => {
      await client.createEndpoint(name, { backend: name });
      return (await client.getHandle(name)).remote({ lines: LINES, tail: TAIL });
    });
    await Promise.all(printing);
    for (const tag of ['thread#1', 'process#1']) {
      const marked = (): string[] =>
        logged()
          .split('\n')
          .filter((line) => line.startsWith(`${tag} | line`))
          .map((line) => line.slice(`${tag} | `.length));
      await until(() => marked().length >= LINES && logged().includes(`${tag} | all printed\n`), `the lines of ${tag}`);
      assert.equal(marked(), wanted);
    }
    assert.equal(unmarked(logged()), []);
  }),
);

test(
  'a line without an end is there while its replica goes on, and when it dies',
  withLog(async (client, logged) => {
    await client.createBackend('still', () => void process.stdout.write('thinking'));
    await client.createBackend(
      'dying',
      (request: serve.ServeRequest) => {
        process.stdout.write('last words');
        if (request.data === 'die') process.kill(process.pid, 'SIGKILL');
      },
      { actorOptions: { isolation: 'process' } },
    );
    for (const name of ['still', 'dying']) await client.createEndpoint(name, { backend: name });
    await (await client.getHandle('still')).remote();
    await until(() => logged().includes('still#1 | thinking\n'), 'the line of the one that goes on');
    await fails((await client.getHandle('dying')).remote('die'), 'REPLICA_DIED');
    await until(() => logged().includes('dying#1 | last words\n'), 'the line of the one that died');
    assert.equal(unmarked(logged()), []);
  }),
);

test.run();
