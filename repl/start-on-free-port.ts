import { type Client, ServeError, type StartGiven, start } from '../lib/index.ts';

const FIRST = 8000;
const LAST = 8099;

/**
 * An instance whose HTTP listens on 8000 or the next free port. Rejects with INSTANCE_EXISTS, and with PORT_IN_USE when
 * all of 100 are taken.
 */
export async function startOnFreePort(given: StartGiven = {}, port = FIRST): Promise<Client> {
  try {
    return await start({ ...given, http: { port } });
  } catch (error) {
    if (!(error instanceof ServeError)) throw error;
    if (error.code === 'INSTANCE_EXISTS') throw isRunning(given.name ?? 'default', error);
    if (error.code !== 'PORT_IN_USE' || port >= LAST) throw error;
    return startOnFreePort(given, port + 1);
  }
}

function isRunning(name: string, { message }: ServeError): ServeError {
  const given = name === 'default' ? '' : ` --name ${name}`;
  const next = `\`servelab repl${given}\` opens a prompt on it, \`servelab --name another\` starts one more`;
  return new ServeError('INSTANCE_EXISTS', `${message.split(';')[0]}; ${next}`);
}
