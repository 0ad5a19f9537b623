import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { stateDirectoryOf } from '../../lib/control/state-directory.ts';
import { failureOf, until } from '../support/instance.ts';
import { descriptorsOf, liveProcesses, processOf } from '../support/processes.ts';
import { withStateHome } from '../support/state-home.ts';

const test = suite('secrets');

/** Each is given in a place of its own, and nowhere else. */
const SECRETS = Object.fromEntries(
  [
    'envVars', 'initArgs', 'deepInitArgs', 'userConfig', 'newUserConfig', 'captured', 'data', 'args', 'query', 'header',
    'cookie', 'authorization', 'body', 'json', 'badJson', 'answer', 'failedInitArgs', 'failedUserConfig', 'failedEnvVars',
    'refusedEnvVars', 'unsendable', 'shardKey',
  ].map((place, index) => [place, `canary${index}x${'0123456789abcdef'.slice(index % 8)}Zq`]),
); // biome-ignore format: a table

const secret = (place: string): string => SECRETS[place] ?? assert.unreachable(place) ?? '';

/** The places whose secret is in the text. */
const found = (text: string): string[] => Object.keys(SECRETS).filter((place) => text.includes(secret(place)));

/** The name and arguments of every process that may be looked at. */
function commandLines(): string {
  return liveProcesses()
    .map(({ pid }) => {
      try {
        return ['cmdline', 'comm', 'stat'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'latin1')).join(' ');
      } catch {
        return ''; // it has ended meanwhile
      }
    })
    .join('\n');
}

class Model {
  #token = '';
  readonly #key: string;
  constructor(key: string, options: { readonly nested: string }) {
    this.#key = `${key}${options.nested}`;
  }
  reconfigure(config: { readonly token: string; readonly fails?: boolean }): void {
    if (config.fails) throw new Error('this config will not do');
    this.#token = config.token;
  }
  async call(request: serve.ServeRequest): Promise<unknown> {
    const { pathname, searchParams } = new URL(request.url, 'http://x');
    const what =
      request.source === 'handle' ? String(request.queryParams.get('what')) : (searchParams.get('what') ?? pathname);
    if (what === 'json') await request.json();
    if (what === 'throws') throw Object.assign(new TypeError('it does not work'), { detail: 7 });
    if (what === 'odd') return Symbol('odd');
    if (what === 'waits') await new Promise(() => {});
    if (what === 'dies') process.exit(7);
    // All are where they belong.
    return `${this.#key.length} ${this.#token.length} ${(process.env.API_KEY ?? '').length}`;
  }
}

test(
  'that are given to backends show nowhere else: not in status, metrics, logs, errors, command lines, nor to others',
  withStateHome(async (home) => {
    const client = await serve.start({ name: 'careful', host: 'process', http: { port: 0 } });
    const told: string[] = [];
    const keep = async (work: PromiseLike<unknown>): Promise<void> => {
      const error = (await failureOf(work)) as Error;
      told.push(`${error.name} ${error.message} ${error.stack} ${JSON.stringify(error)}`);
      for (let cause = error.cause; cause instanceof Error; cause = cause.cause)
        told.push(`${cause.message} ${cause.stack}`);
    };
    try {
      const captured = secret('captured');
      const actorOptions = { envVars: { API_KEY: secret('envVars') } };
      const initArgs = [secret('initArgs'), { nested: secret('deepInitArgs') }];
      await client.createBackend('model', Model, {
        initArgs,
        actorOptions,
        config: { userConfig: { token: secret('userConfig') } },
      });
      await client.createEndpoint('model', { backend: 'model', route: '/model', methods: ['GET', 'POST'] });
      await client.createBackend('closure', () => captured.length);
      await client.createEndpoint('closure', { backend: 'closure', route: '/closure' });

      // Everything that can be said of them is provoked.
      const handle = (await client.getHandle('model')).options({ shardKey: secret('shardKey') });
      const lengths = `${secret('initArgs').length + secret('deepInitArgs').length} ${secret('userConfig').length} ${secret('envVars').length}`;
      assert.is(await handle.remote(secret('data'), { what: 'x', secret: secret('args') }), lengths);
      assert.is(await (await client.getHandle('closure')).remote(), captured.length);
      for (const what of ['throws', 'odd']) await keep(handle.remote(secret('data'), { what, secret: secret('args') }));
      await keep(handle.options({ timeoutMs: 20 }).remote(secret('data'), { what: 'waits' }));
      await keep(handle.options({ methodName: 'missing' }).remote(secret('data')));
      await keep(Promise.resolve().then(() => handle.remote({ it: secret('unsendable'), not: () => 1 })));
      const url = `${client.http?.url}/model`;
      const headers = {
        authorization: `Bearer ${secret('authorization')}`,
        cookie: `session=${secret('cookie')}`,
        'x-secret': secret('header'),
      };
      for (const what of ['throws', 'odd', 'x']) {
        const response = await fetch(`${url}?what=${what}&secret=${secret('query')}`, { headers });
        told.push(await response.text(), JSON.stringify([...response.headers]));
      }
      for (const body of [
        `{"secret":"${secret('badJson')}"`,
        JSON.stringify({ secret: secret('json') }),
        secret('body'),
      ]) {
        const response = await fetch(`${url}?what=json`, { method: 'POST', headers, body });
        told.push(await response.text());
      }
      told.push(await (await fetch(`${client.http?.url}/nowhere/${secret('query')}`, { headers })).text());
      await keep(
        client.createBackend(
          'broken',
          class {
            constructor(_key: string) {
              throw new Error('it cannot be made');
            }
          },
          { initArgs: [secret('failedInitArgs')], actorOptions: { envVars: { KEY: secret('failedEnvVars') } } },
        ),
      );
      await keep(
        client.updateBackendConfig('model', { userConfig: { token: secret('failedUserConfig'), fails: true } }),
      );
      await keep(
        client.createBackend('refused', () => 1, {
          actorOptions: { envVars: { KEY: `${secret('refusedEnvVars')}\0` } },
        }),
      );
      await keep(client.createBackend('model', Model, { initArgs }));
      await keep(handle.remote(secret('data'), { what: 'dies' }));
      const isBack = async (): Promise<boolean> =>
        (await client.status()).replicas.some(
          ({ backend, restarts, state }) => backend === 'model' && restarts === 1 && state === 'RUNNING',
        );
      await until(isBack, 'another in its place');
      await client.updateBackendConfig('model', { userConfig: { token: secret('newUserConfig') } });

      const status = await client.status();
      const shown = JSON.stringify(status);
      assert.equal(found(shown), ['newUserConfig'], 'a status shows the config, userConfig included');
      const { model } = status.backends;
      assert.is(shown.split(secret('newUserConfig')).length, 2, 'once');
      assert.match(JSON.stringify(model?.config.userConfig), secret('newUserConfig'));

      const metrics = await (await fetch(`${client.http?.url}/-/metrics`)).text();
      const routes = await (await fetch(`${client.http?.url}/-/routes`)).text();
      assert.match(metrics, 'serve_backend_error_counter');
      assert.equal(found(metrics + routes), []);

      assert.ok(told.length > 15 && told.every((said) => said.length > 0));
      assert.equal(found(told.join('\n')), []);

      const log = readFileSync(stateDirectoryOf('careful').log, 'utf8');
      assert.match(log, 'died', 'the log has what happened');
      assert.equal(found(log), []);
      assert.equal(found(commandLines()), []);

      // What holds them is closed to others: the state, and the places that processes share.
      const pids = [status.instance.pid, ...status.replicas.map(({ pid }) => pid)];
      const held = new Set(pids.filter((pid) => processOf(pid)).flatMap((pid) => descriptorsOf(pid)));
      const files = [...held].filter(
        (path) => path.startsWith('/') && !/^\/(dev\/(null|pts)|proc|sys|usr|lib)/.test(path),
      );
      for (const path of [...files, ...filesUnder(join(home, 'servelab'))]) assertPrivate(path);
    } finally {
      await client.shutdown();
    }
  }),
);

function filesUnder(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => join(directory, name));
}

/** Nobody else can open it: it is closed to them itself, or a directory above it is. */
function assertPrivate(path: string): void {
  for (let at = path; at !== '/' && at !== '.'; at = join(at, '..')) {
    const found = statSync(at, { throwIfNoEntry: false });
    if (found && (found.mode & 0o007) === 0) return;
  }
  // What is installed holds no secret of anybody's.
  assert.ok(/\.(js|node|json|so|dat)$|node_modules/.test(path), `${path} is open to others`);
}

test.run();
