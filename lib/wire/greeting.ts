/**
 * How two processes that may be of different versions begin: one line each way, in plain text, before anything else.
 * Whoever says something else is dropped at its first wrong byte, and nothing it sent is taken for a message.
 */
import { createServer, type Server, Socket } from 'node:net';
import { ServeError } from '../errors.ts';
import { atShortPath } from './short-path.ts';
import { SocketPort } from './socket-port.ts';

/** Counted up when an older version could not follow what is said. */
const PROTOCOL = 1;
const WORD = 'servelab';
/** No greeting is longer, in bytes. */
const LONGEST = 128;
/** A greeting that has begun must end within so long, in ms. */
const WITHIN_MS = 5000;

/** What a connection is for: controls, or queries that the instance routes. */
export type Role = 'control' | 'queries';

const ROLES: readonly string[] = ['control', 'queries'] satisfies Role[];

/** Connects to `path`. Rejects with the system's error (ENOENT, ECONNREFUSED, ...), or PROTOCOL_ERROR. */
export async function greet(path: string, role: Role, version: string): Promise<SocketPort> {
  const socket = new Socket();
  const line = await atShortPath(path, (name) => {
    const answer = readLine(socket, () => true);
    socket.connect(name);
    socket.write(`${WORD} ${PROTOCOL} ${role} ${version}\n`);
    return answer;
  });
  const [word, protocol, verdict, theirs = 'of unknown version'] = line.split(' ');
  if (word === WORD && protocol === String(PROTOCOL) && verdict === 'welcome') return new SocketPort(socket);
  socket.destroy();
  const other = word === WORD ? `servelab ${theirs}, which speaks protocol ${protocol}` : 'something else';
  throw new ServeError(
    'PROTOCOL_ERROR',
    `at ${path} runs ${other}; this is servelab ${version}, protocol ${PROTOCOL}. Use one version for both`,
  );
}

/** Takes whoever connects to `path` and greets, without keeping the event loop alive. Rejects when it cannot listen. */
export function listenForGreetings(
  path: string,
  version: string,
  welcomed: (role: Role, port: SocketPort) => void,
): Promise<Server> {
  const server = createServer((socket) => {
    socket.unref();
    void acceptGreeting(socket, version, welcomed);
  });
  server.unref();
  return atShortPath(
    path,
    (name) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        // Exclusive: in a worker of a cluster the socket would else be made by another process.
        server.listen({ path: name, exclusive: true }, () => {
          server.off('error', reject);
          // One connection that cannot be taken is nobody else's concern.
          server.on('error', () => {});
          resolve(server);
        });
      }),
  );
}

/** Takes the greeting of one who has connected; `welcomed` gets the port when it was right. */
async function acceptGreeting(
  socket: Socket,
  version: string,
  welcomed: (role: Role, port: SocketPort) => void,
): Promise<void> {
  try {
    const [, protocol, role = ''] = (await readLine(socket, couldGreet)).split(' ');
    const isKnown = protocol === String(PROTOCOL) && ROLES.includes(role);
    socket.write(`${WORD} ${PROTOCOL} ${isKnown ? 'welcome' : 'refused'} ${version}\n`);
    if (isKnown) welcomed(role as Role, new SocketPort(socket));
    else socket.destroySoon();
  } catch {
    socket.destroy(); // it went away, said something else, or nothing
  }
}

/** What has come so far may become a greeting. */
const couldGreet = (begun: string): boolean => `${WORD} `.startsWith(begun.slice(0, WORD.length + 1));

/** The first line that comes; what comes behind it is left for the next reader. */
function readLine(socket: Socket, isFine: (begun: string) => boolean): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let begun = Buffer.alloc(0);
  const timer = setTimeout(() => reject(new Error(`no greeting within ${WITHIN_MS} ms`)), WITHIN_MS);
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
  const gone = (): void => reject(new Error('it has gone'));
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
