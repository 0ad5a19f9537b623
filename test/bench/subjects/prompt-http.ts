/** An instance and a session on it, as a prompt has them. The session can be told to spin. */
import { randomUUID } from 'node:crypto';
import * as serve from 'servelab';
import { startSession } from '../../../repl/session/start-session.ts';
import { beSubject } from '../subject.ts';
import { NOOP_ANSWER } from '../work.ts';

const LOOK = { colors: false, columns: 80 };

const instance = await serve.start({ name: 'prompt-http', host: 'process', http: { port: 0 } });
await instance.createBackend('noop', () => NOOP_ANSWER);
await instance.createEndpoint('noop', { backend: 'noop', route: '/noop' });
let printed = (): void => {};
const session = await startSession(process.cwd(), (output) => {
  if (output.type === 'stream') printed();
});
const { error } = await session.client.ask('connect_request', { instance: 'prompt-http' });
if (error !== null) throw new Error(error);
let spinning: Promise<unknown> = Promise.resolve();

beSubject(instance.http?.url ?? null, {
  spin: async () => {
    const begun = new Promise<void>((resolve) => {
      printed = resolve;
    });
    const code = "console.log('it spins'); while (true) {}";
    spinning = session.client.ask('execute_request', { code, look: LOOK }, randomUUID());
    await begun;
    return {};
  },
  rest: async () => {
    await session.client.interrupt();
    await spinning;
    return {};
  },
});
