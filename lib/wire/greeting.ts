/**
 * How two processes that may be of different versions begin: one line each way, in plain text, before anything else.
 * Whoever says something else is dropped at its first wrong byte, and nothing it sent is taken for a message.
 */
import { createServer, type Server, Socket } from 'node:net';
import { ServeError } from '../errors.ts';
import { atShortPath } from './short-path.ts';
import { LONGEST_MESSAGE, MESSAGE_FORMAT, type PortRules, SocketPort } from './socket-port.ts';

/** The first number is counted up when an older version could not follow what is said; the second is V8's own. */
const PROTOCOL = `1.${MESSAGE_FORMAT}`;
const WORD = 'servelab';
/** No greeting is longer, in bytes. */
const LONGEST = 128;
/** Who connects must have greeted within so long, in ms. */
const GREETS_WITHIN_MS = 5000;
/** An instance must have answered within so long, in ms: its process may be at work for a while. */
const ANSWERS_WITHIN_MS = 30_000;

/** Connections that are taken at a time, greeted or not; who comes when there are more is let go at once. */
const MOST_CONNECTIONS = 4000;
/** Connections that may wait to be taken. */
const BACKLOG = 1024;
/** What a peer may leave unread, in bytes: much, as who works for a while reads nothing meanwhile. */
const UNREAD = { listensUntil: 4 * 1024 * 1024, waitsUntil: LONGEST_MESSAGE };

/** What a connection is for: controls, or queries that the instance routes. */
export type Role = 'control' | 'queries';

/** Who takes the connections of one role. */
export interface Reception {
  readonly accepts: PortRules['accepts'];
  welcomed(port: SocketPort): void;
}

/** Connects to `path`. Rejects with the system's error (ENOENT, ECONNREFUSED, ...), PROTOCOL_ERROR, TIMEOUT. */
export async function greet(path: string, role: Role, version: string): Promise<SocketPort> {
  const socket = new Socket();
  const line = await atShortPath(path, (name) => {
    const answer = readLine(socket, () => true, ANSWERS_WITHIN_MS);
    socket.connect(name);
    socket.write(`${WORD} ${PROTOCOL} ${role} ${version}\n`);
    return answer;
  }).catch((error) => {
    socket.destroy();
    throw error;
  });
  if (line === `${WORD} ${PROTOCOL} welcome ${line.split(' ').at(-1)}`) return new SocketPort(socket);
  socket.destroy();
  throw new ServeError('PROTOCOL_ERROR', `at ${path} ${otherThan(line, version)}`);
}

/** What is there instead, from how it answers. */
function otherThan(line: string, version: string): string {
  const [word, protocol = '', , theirs = 'of unknown version'] = line.split(' ');
  if (word !== WORD) return `is something else than servelab (it says '${printable(line)}'); move it away`;
  const both = `runs servelab ${theirs}, which speaks protocol ${protocol}, and this is servelab ${version}, which speaks ${PROTOCOL}`;
  return protocol.split('.')[0] === PROTOCOL.split('.')[0]
    ? `${both}: their versions of Node write messages in different forms; run both with the same Node`
    : `${both}; use servelab ${theirs} to reach it, or to stop it, and start it again with this one`;
}

const printable = (line: string): string => line.replace(/[^ -~]/g, '?').slice(0, 40);

/**
 * Takes whoever connects to `path` and greets, without keeping the event loop alive; a role that nobody receives is
 * refused. Rejects when it cannot listen.
 */
export function listenForGreetings(
  path: string,
  version: string,
  receptions: Partial<Readonly<Record<Role, Reception>>>,
): Promise<Server> {
  const server = createServer((socket) => {
    socket.unref();
    void acceptGreeting(socket, version, receptions);
  });
  server.unref();
  server.maxConnections = MOST_CONNECTIONS;
  return atShortPath(
    path,
    (name) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        // Exclusive: in a worker of a cluster the socket would else be made by another process.
        server.listen({ path: name, exclusive: true, backlog: BACKLOG }, () => {
          server.off('error', reject);
          // One connection that cannot be taken is nobody else's concern.
          server.on('error', () => {});
          resolve(server);
        });
      }),
  );
}

/** Takes the greeting of one who has connected, and hands on the port when it was right. */
async function acceptGreeting(
  socket: Socket,
  version: string,
  receptions: Partial<Readonly<Record<Role, Reception>>>,
): Promise<void> {
  try {
    const [, protocol, role = ''] = (await readLine(socket, couldGreet, GREETS_WITHIN_MS)).split(' ');
    const isSpoken = protocol === PROTOCOL && Object.hasOwn(receptions, role);
    const reception = isSpoken ? receptions[role as Role] : undefined;
    socket.write(`${WORD} ${PROTOCOL} ${reception ? 'welcome' : 'refused'} ${version}\n`);
    if (reception) reception.welcomed(new SocketPort(socket, { accepts: reception.accepts, ...UNREAD }));
    else socket.destroySoon();
  } catch {
    socket.destroy(); // it went away, said something else, or nothing
  }
}

/** What has come so far may become a greeting. */
const couldGreet = (begun: string): boolean => `${WORD} `.startsWith(begun.slice(0, WORD.length + 1));

/** The first line that comes; what comes behind it is left for the next reader. */
function readLine(socket: Socket, isFine: (begun: string) => boolean, withinMs: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let begun = Buffer.alloc(0);
  const late = `nothing was answered within ${withinMs} ms: the process is stopped, or at work and deaf`;
  const timer = setTimeout(() => reject(new ServeError('TIMEOUT', late)), withinMs);
  const take = (chunk: Buffer): void => {
    begun = Buffer.concat([begun, chunk]);
    const end = begun.indexOf(10);
    const isTooLong = (end < 0 ? begun.length : end) > LONGEST;
    if (isTooLong || !isFine(begun.toString('latin1', 0, LONGEST))) {
      reject(new Error('it does not greet'));
      return;
    }
    if (end < 0) return;
    socket.pause();
    if (begun.length > end + 1) socket.unshift(begun.subarray(end + 1));
    resolve(begun.toString('latin1', 0, end));
  };
  const gone = (): void => reject(Object.assign(new Error('it has let go'), { code: 'ECONNRESET' }));
  socket.on('data', take);
  socket.once('error', reject);
  socket.once('close', gone);
  return promise.finally(() => {
    clearTimeout(timer);
    socket.off('data', take);
    socket.off('error', reject);
    socket.off('close', gone);
    socket.on('error', () => {});
  });
}
