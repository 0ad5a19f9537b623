/** The pictures that sessions on an instance have shown, for as long as somebody looks at them. */
import { lstat, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SESSION_PREFIX } from '../session/launch-session.ts';
import type { KeptPicture } from '../session/protocol.ts';
import { SessionClient } from '../session/session-client.ts';

interface Followed {
  readonly client: SessionClient;
  /** null: it has not answered yet. */
  pictures: readonly KeptPicture[] | null;
  /** One that runs a loop answers when that has ended. */
  isAsked: boolean;
}

/** As often as a live picture changes. */
const PERIOD_MS = 250;
/** Of those, until new sessions are looked for once more. */
const ROUNDS = 4;

/** Of each session that is there, by its process, its pictures; it may have none. */
export type PicturesOfSessions = ReadonlyMap<number, readonly KeptPicture[]>;

/** Gives those of all this user's sessions again and again until the signal aborts, drawn for `columns`. */
export async function followPictures(
  instance: string,
  columns: () => number,
  signal: AbortSignal,
  take: (pictures: PicturesOfSessions) => void,
): Promise<void> {
  const sessions = new Map<string, Followed>();
  const ask = async (session: Followed): Promise<void> => {
    session.isAsked = true;
    const look = { colors: true, columns: columns() };
    ({ pictures: session.pictures } = await session.client.ask('pictures_request', { instance, look }));
    session.isAsked = false;
  };
  try {
    for (let round = 0; !signal.aborted; round++) {
      if (round % ROUNDS === 0) {
        for (const directory of await sessionDirectories()) {
          if (!sessions.has(directory)) follow(sessions, directory);
        }
      }
      const asked = [...sessions.values()].filter(({ isAsked }) => !isAsked).map(ask);
      // Of one that has ended nothing is left; one that is busy is not waited for.
      await Promise.race([Promise.allSettled(asked), delay(PERIOD_MS)]);
      take(await byProcess(sessions.values()));
      await delay(PERIOD_MS, undefined, { signal }).catch(() => {});
    }
  } finally {
    for (const { client } of sessions.values()) client.close();
  }
}

function follow(sessions: Map<string, Followed>, directory: string): void {
  const never = new Promise<void>(() => {}); // it is not interrupted from here
  const client = new SessionClient(directory, () => {}, never);
  sessions.set(directory, { client, pictures: null, isAsked: false });
  void client.gone.then(() => sessions.delete(directory));
}

async function byProcess(sessions: Iterable<Followed>): Promise<PicturesOfSessions> {
  const found = new Map<number, readonly KeptPicture[]>();
  for (const { client, pictures } of sessions) {
    // One that has answered has said who it is before that.
    if (pictures !== null) found.set((await client.welcome).pid, pictures);
  }
  return found;
}

/** Also of sessions that were killed: nobody answers there. */
async function sessionDirectories(): Promise<string[]> {
  const found = (await readdir(tmpdir())).filter((name) => name.startsWith(SESSION_PREFIX));
  const directories = await Promise.all(found.map((name) => ownOrNull(join(tmpdir(), name))));
  return directories.filter((one) => one !== null);
}

async function ownOrNull(directory: string): Promise<string | null> {
  const stats = await lstat(directory).catch(() => null); // it has gone meanwhile
  return stats?.isDirectory() && stats.uid === process.getuid?.() ? directory : null;
}
