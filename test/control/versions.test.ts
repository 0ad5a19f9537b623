import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeStateDirectory, removeStateDirectory } from '../../lib/control/state-directory.ts';
import { greet } from '../../lib/wire/greeting.ts';
import { fails } from '../support/instance.ts';
import { withOwner } from '../support/owner.ts';
import { greeting, PROTOCOL, RawPeer } from '../support/raw-peer.ts';

const test = suite('versions that meet');

interface Conversation {
  /** What the client said, message by message, then all that the instance said; base64, without the greetings. */
  readonly said: readonly string[];
  readonly heard: string;
}

/** What was said when protocol 1 was made. Its meaning must not change as long as the number is the same. */
const RECORDED = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/control/protocol-1.json', import.meta.url), 'utf8'),
) as Readonly<Record<'control' | 'queries', Conversation>>;

const bytesFrom = (base64: string): Buffer => Buffer.from(base64, 'base64');

/** A test with a socket that answers each connection so. */
function answering(
  path: () => string,
  answer: (socket: Socket) => void,
  run: () => Promise<void>,
): () => Promise<void> {
  return async () => {
    const sockets = new Set<Socket>();
    const server: Server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      answer(socket);
    });
    await new Promise<void>((resolve) => server.listen(path(), resolve));
    try {
      await run();
    } finally {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  };
}

/** What a client of version 0.3.0 is told by something that answers its greeting with this line. */
async function toldBy(line: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'version-'));
  const path = join(directory, 's');
  let message = '';
  await answering(
    () => path,
    (socket) => socket.once('data', () => socket.write(line)),
    async () => {
      ({ message } = await fails(greet(path, 'control', '0.3.0'), 'PROTOCOL_ERROR', path));
    },
  )();
  rmSync(directory, { recursive: true });
  return message.replace(path, 'HERE');
}

test('an older or newer instance is named with both versions, and what to do', async () => {
  for (const [theirs, protocol] of [
    ['0.0.9', '0.15'],
    ['9.0.0', '2.16'],
    ['0.1.0', '1'],
  ] as const) {
    const both = `runs servelab ${theirs}, which speaks protocol ${protocol}, and this is servelab 0.3.0, which speaks ${PROTOCOL}`;
    const next =
      protocol === '1'
        ? 'their versions of Node write messages in different forms; run both with the same Node'
        : `use servelab ${theirs} to reach it, or to stop it, and start it again with this one`;
    const told = await toldBy(`servelab ${protocol} refused ${theirs}\n`);
    assert.ok(told.startsWith(`at HERE ${both}`), told);
    assert.ok(told.endsWith(next), told);
  }
});

test('an instance of another Node is told from one of another version', async () => {
  const told = await toldBy('servelab 1.99 refused 0.3.0\n');
  assert.match(told, 'run both with the same Node');
  assert.match(told, '1.99');
});

test('something else is named as such, and what it says cannot forge a line', async () => {
  assert.match(
    await toldBy('HTTP/1.1 400 Bad Request\r\n\r\n'),
    "something else than servelab (it says 'HTTP/1.1 400 Bad Request?')",
  );
  assert.match(await toldBy('\u001b[2J\u0007\n'), "(it says '?[2J?')");
});

test(
  'an instance refuses an older or newer client with its own version',
  withOwner(async ({ name }) => {
    for (const protocol of ['0.15', '1.99', '1', '2.15', '99']) {
      const peer = new RawPeer(join(process.env.XDG_STATE_HOME ?? '', 'servelab', name, 'control.sock'));
      peer.listen();
      peer.say(`servelab ${protocol} control 9.9.9\n`);
      assert.match(
        await peer.all(),
        new RegExp(`^servelab ${PROTOCOL.replace('.', '\\.')} refused \\d+\\.\\d+\\.\\d+\n$`),
      );
    }
  }),
);

test('connect says so, too', async () => {
  const directory = makeStateDirectory('of-another-version');
  await answering(
    () => directory.socket,
    (socket) => socket.once('data', () => socket.end('servelab 7.15 refused 7.0.0\n')),
    async () => {
      const error = await fails(
        serve.connect({ name: 'of-another-version' }),
        'PROTOCOL_ERROR',
        'servelab 7.0.0',
        '7.15',
      );
      assert.match(error.message, 'use servelab 7.0.0 to reach it');
    },
  )();
  removeStateDirectory(directory);
});

test(
  'what an old client of protocol 1 says is still understood',
  withOwner(async ({ name }) => {
    const path = join(process.env.XDG_STATE_HOME ?? '', 'servelab', name, 'control.sock');
    const control = await RawPeer.greeted(path, 'control');
    control.say(...RECORDED.control.said.map(bytesFrom));
    const of = (id: number) => control.until((heard) => (heard as { id?: number }).id === id);
    assert.is(((await of(1)) as { value: { numReplicas: number } }).value.numReplicas, 1);
    assert.is(((await of(2)) as { error: { code: string } }).error.code, 'BACKEND_NOT_FOUND');
    const queries = await RawPeer.greeted(path, 'queries');
    const heard: unknown[][] = [];
    queries.say(...RECORDED.queries.said.map(bytesFrom));
    const isFailure = (field: unknown): boolean => (field as { code?: string } | null)?.code === 'BACKEND_ERROR';
    const isAnswer = (field: unknown): boolean => (field as { text?: string } | null)?.text !== undefined;
    const isStreamsEnd = (field: unknown): boolean => field === 10;
    // In whatever order.
    while (![isAnswer, isStreamsEnd, isFailure].every((isIt) => heard.flat().some(isIt))) {
      heard.push((await queries.next()) as unknown[]);
    }
    const fields = heard.flat();
    assert.equal(fields.find(isAnswer), {
      text: 'hello',
      map: new Map([[1, new Date(0)]]),
    });
    await Promise.all([control.end(), queries.end()]);
  }),
);

test('what an old instance of protocol 1 says is still understood', async () => {
  const directory = makeStateDirectory('of-old');
  await answering(
    () => directory.socket,
    (socket) => {
      let said = '';
      socket.setEncoding('latin1').on('data', (text: string) => {
        const isFirst = said === '';
        said += text;
        const role = said.includes(' control ') ? 'control' : 'queries';
        if (isFirst) socket.write(`servelab ${PROTOCOL} welcome 0.1.0\n`);
        // The welcome comes unasked, and the rest with the first question.
        if (isFirst && role === 'control') socket.write(bytesFrom(RECORDED.control.heard));
        if (role === 'queries' && said.length > greeting(role).length) socket.write(bytesFrom(RECORDED.queries.heard));
      });
    },
    async () => {
      const client = await serve.connect({ name: 'of-old' });
      assert.is(client.http?.url, 'http://127.0.0.1:8000');
      const echo = await client.getHandle('echo', { missingOk: true });
      const answers = [echo.remote('x'), echo.remote('y'), echo.remote('z')] as const;
      assert.equal(await answers[0], { text: 'hello', map: new Map([[1, new Date(0)]]) });
      await fails(answers[1], 'BACKEND_ERROR', 'out of reach');
      const numbers: unknown[] = [];
      for await (const number of (await answers[2]) as ReadableStream<number>) numbers.push(number);
      assert.equal(numbers, [0, 1, 2]);
      await client.close();
    },
  )();
  removeStateDirectory(directory);
});

test.run();
