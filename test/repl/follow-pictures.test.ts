/** Pictures of prompts and notebooks as somebody beside them sees them. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { suite } from 'uvu';
import { followPictures } from '../../repl/cli/follow-pictures.ts';
import { SESSION_PREFIX } from '../../repl/session/launch-session.ts';
import { type KeptPicture, SESSION_SOCKET } from '../../repl/session/protocol.ts';
import { type StartedSession, startSession } from '../../repl/session/start-session.ts';
import { until, withInstance } from '../support/instance.ts';

const test = suite('pictures that are followed');

const look = { colors: false, columns: 80 };
const bars = (name: string): string => `chart.bars([{ name: '${name}', n: 3 }], { x: 'name', y: 'n' })`;

async function sessionOn(instance: string): Promise<StartedSession> {
  const session = await startSession(tmpdir(), () => {}, { typesAreOff: true });
  await session.client.ask('connect_request', { instance });
  return session;
}

const run = (session: StartedSession, code: string) => session.client.ask('execute_request', { code, look });

const widthOf = (text: string): number =>
  Math.max(
    ...stripVTControlCharacters(text)
      .split('\n')
      .map((line) => line.length),
  );

async function end(sessions: readonly StartedSession[]): Promise<void> {
  for (const session of sessions) {
    session.client.close();
    session.process.kill('SIGKILL');
    await session.ended;
  }
}

test(
  "all of an instance's sessions, and no others: one that begins later, one that is busy, one that is killed",
  withInstance(
    async () =>
      withInstance(
        async () => {
          const sessions = [await sessionOn('followed'), await sessionOn('followed'), await sessionOn('other')];
          const [first, second, other] = sessions as [StartedSession, StartedSession, StartedSession];
          // Of a session that has no socket yet, or was killed; and where something else stands in its place.
          const stale = [1, 2].map(() => mkdtempSync(join(tmpdir(), SESSION_PREFIX)));
          mkdirSync(join(stale[1] ?? '', SESSION_SOCKET));
          const stop = new AbortController();
          let seen: readonly KeptPicture[] = [];
          let columns = 50;
          const followed = followPictures(
            'followed',
            () => columns,
            stop.signal,
            (pictures) => {
              seen = [...pictures.values()].flat().sort((a, b) => a.since.localeCompare(b.since));
            },
          );
          const codes = (): string => seen.map(({ code }) => /name: '(\w+)'/.exec(code)?.[1]).join(' ');
          try {
            await run(first, bars('a'));
            await run(other, bars('hidden'));
            await run(second, bars('b'));
            await until(() => codes() === 'a b', 'both in their order');
            columns = 30;
            await until(() => seen.every(({ text }) => widthOf(text) <= 30), 'narrow ones');
            void run(first, 'while (true) {}');
            const late = await sessionOn('followed');
            sessions.push(late);
            await run(late, bars('c'));
            await until(() => codes() === 'a b c', 'those of the busy one stay, and one comes');
            second.process.kill('SIGKILL');
            await until(() => codes() === 'a c', 'those of the killed one to go');
            // As a notebook that names none: it is never connected.
            const apart = await startSession(tmpdir(), () => {}, { typesAreOff: true, instance: 'followed' });
            sessions.push(apart);
            await apart.client.ask('execute_request', { code: bars('e'), look, needsInstance: false });
            await until(() => codes() === 'a c e', 'one of a session that will work on it');
            await first.client.interrupt();
            await run(first, bars('d'));
            await until(() => codes() === 'a c e d', 'it is there again');
          } finally {
            stop.abort();
            await followed;
            await end(sessions);
            for (const directory of stale) rmSync(directory, { recursive: true });
          }
        },
        { name: 'other', host: 'process' },
      )(),
    { name: 'followed', host: 'process' },
  ),
);

test.run();
