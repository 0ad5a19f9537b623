import { appendFileSync, copyFileSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withInstance } from '../support/instance.ts';
import { cli, endingInstance, Running, shown } from './command-fixture.ts';

const test = suite('logs');

const base = join(process.env.XDG_STATE_HOME ?? '', 'servelab');

/** A test with a directory as a stopped instance leaves it, and its log. */
function withLog(name: string, text: string, run: (log: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const log = join(base, name, 'log');
    mkdirSync(join(base, name), { recursive: true, mode: 0o700 });
    writeFileSync(log, text);
    try {
      await run(log);
    } finally {
      rmSync(join(base, name), { recursive: true, force: true });
    }
  };
}

/** Follows until the test ends it, with what it has printed. */
async function following(name: string, run: (tail: Running) => Promise<void>, ...args: string[]): Promise<void> {
  const tail = new Running({ args: ['logs', '-f', '--name', name, ...args] });
  try {
    await run(tail);
  } finally {
    const { stderr } = await tail.kill('SIGINT');
    assert.is(stderr, '');
  }
}

const LINES = Array.from({ length: 20_000 }, (_, i) => `line ${i} …`);

test(
  'all of it, or its last lines, are shown, also of an instance that has stopped',
  withLog('whole', `${LINES.join('\n')}\n`, async (log) => {
    assert.is(await shown('logs', '--name', 'whole'), `${LINES.join('\n')}\n`);
    for (const count of [0, 1, 3, 10_000, 20_000, 30_000]) {
      const last = count === 0 ? [] : LINES.slice(-count);
      assert.is(await shown('logs', '-n', String(count), '--name', 'whole'), last.map((line) => `${line}\n`).join(''));
    }
    appendFileSync(log, 'without an end');
    assert.is(await shown('logs', '--lines', '2', '--name', 'whole'), `${LINES.at(-1)}\nwithout an end`);
    assert.is(await shown('logs', '-n', '0', '--name', 'whole'), '');
  }),
);

test(
  'what was printed cannot drive the terminal',
  withLog('wild', 'red \u001b[31m\ttab\r\u202e\u0007 ünï 👍\n', async () => {
    assert.is(await shown('logs', '--name', 'wild'), 'red \\u{1b}[31m\ttab\\r\\u{202e}\\u{7} ünï 👍\n');
  }),
);

test(
  'it is followed: through lines that come in pieces, a rename, a copy and an emptied file, and a new directory',
  withLog('turns', 'one\ntwo\n', async (log) => {
    await following('turns', async (tail) => {
      assert.is(await tail.printed('two\n'), 'one\ntwo\n');
      appendFileSync(log, 'thr');
      await tail.printed('thr');
      appendFileSync(log, Buffer.from('ee …\n').subarray(0, 4));
      appendFileSync(log, Buffer.from('ee …\n').subarray(4));
      await tail.printed('three …\n');

      appendFileSync(log, 'last of the first\n');
      renameSync(log, `${log}.1`);
      appendFileSync(`${log}.1`, 'behind the rename\n');
      writeFileSync(log, 'second file\n');
      await tail.printed('behind the rename\nsecond file\n');

      // As an instance does it: no byte between the last look and the emptying is lost.
      appendFileSync(log, 'just before\n');
      copyFileSync(log, `${log}.1`);
      truncateSync(log);
      appendFileSync(log, 'new\n');
      await tail.printed('just before\nnew\n');

      rmSync(join(log, '..'), { recursive: true });
      mkdirSync(join(log, '..'), { mode: 0o700 });
      writeFileSync(log, 'another life\n');
      await tail.printed('another life\n');
      appendFileSync(log, 'goes on\n');
      assert.is(
        await tail.printed('goes on\n'),
        'one\ntwo\nthree …\nlast of the first\nbehind the rename\nsecond file\njust before\nnew\nanother life\ngoes on\n',
      );
    });
  }),
);

test(
  'it begins with the last lines that are asked for, and a reader that leaves ends it',
  withLog('late', 'one\ntwo\n', async (log) => {
    await following(
      'late',
      async (tail) => {
        assert.is(await tail.printed('two\n'), 'two\n');
        appendFileSync(log, 'three\n');
        assert.is(await tail.printed('three\n'), 'two\nthree\n');
        tail.child.stdout.destroy();
        appendFileSync(log, 'four\n');
        assert.is((await tail.ended).code, 0);
      },
      ...['-n', '1'],
    );
  }),
);

test(
  'those of a replica or of a backend alone are shown',
  withLog(
    'marked',
    [
      "2026-01-01T00:00:00.000Z replica.started  replica 'model#1' runs",
      'model#1 | one',
      'model#11 | eleven says model#1',
      'other#1 | model#1 is not me',
      'model#1 | two',
      'model-b#1 | b',
      '',
    ].join('\n'),
    async (log) => {
      const of = (replica: string, ...more: string[]): Promise<string> =>
        shown('logs', '--name', 'marked', '--replica', replica, ...more);
      const started = "2026-01-01T00:00:00.000Z replica.started  replica 'model#1' runs\n";
      assert.is(await of('model#1'), `${started}model#1 | one\nmodel#1 | two\n`);
      assert.is(await of('model'), `${started}model#1 | one\nmodel#11 | eleven says model#1\nmodel#1 | two\n`);
      assert.is(await of('model#1', '-n', '1'), 'model#1 | two\n');
      assert.is(await of('model-b'), 'model-b#1 | b\n');
      const none = await cli('logs', '--name', 'marked', '--replica', 'model#2');
      assert.equal([none.code, none.stdout], [1, '']);
      assert.match(none.stderr, /INVALID_ARGUMENT: no line of 'model#2' in .*marked\/log/);
      const wrong = await cli('logs', '--name', 'marked', '--replica', 'model#x');
      assert.is(wrong.code, 2);
      assert.match(wrong.stderr, /A replica \(model#1\) or a backend/);

      await following(
        'marked',
        async (tail) => {
          await tail.printed('model#1 | two\n');
          appendFileSync(log, 'model#1 | thr');
          appendFileSync(log, 'ee\nother#1 | x\nmodel#1 | four\n');
          await tail
            .printed('four\n')
            .then((text) => assert.ok(text.endsWith('two\nmodel#1 | three\nmodel#1 | four\n')));
        },
        ...['--replica', 'model#1'],
      );
    },
  ),
);

test(
  'what a backend of a detached instance prints is there, and goes on when the instance comes back',
  endingInstance('printing', async (name) => {
    await shown('start', '--detached', '--name', name, '--port', '0');
    const client = await serve.connect({ name });
    await client.createBackend('b', (request: serve.ServeRequest) => console.log('said', request.data));
    await client.createEndpoint('e', { backend: 'b' });
    await client.close();
    await following(name, async (tail) => {
      await tail.printed("endpoint 'e' created");
      await shown('call', 'e', '"hello"', '--name', name);
      await tail.printed('b#1 | said hello\n');
      await shown('stop', '--name', name);
      await shown('start', '--detached', '--name', name, '--port', '0');
      const again = await serve.connect({ name });
      await again.createBackend('c', () => 1);
      await again.close();
      await tail.printed("backend 'c' created");
    });
  }),
);

test(
  'one that prints elsewhere has none, and that is said',
  withInstance(async (client) => {
    const { name } = (await client.status()).instance;
    const { code, stderr } = await cli('logs', '--name', name);
    assert.match(
      stderr,
      new RegExp(`INVALID_ARGUMENT: instance '${name}' has no log: it prints where its process ${process.pid} does`),
    );
    assert.is(code, 1);
  }),
);

test.run();
