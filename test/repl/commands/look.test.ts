import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pendingLines } from '../../../repl/commands/backends.ts';
import { widthOf } from '../../../repl/display/width.ts';
import { until } from '../../support/instance.ts';
import { PromptSession, type Ran } from './prompt-session.ts';

const test = suite('commands that look');

const session = await PromptSession.open('commands-look', tmpdir(), { resources: { gpus: 2 } });
const { instance } = session;

test.after(() => session.close());

/** What the command gives, which must go well. */
async function shown(line: string, columns = 80): Promise<string> {
  const { error, printed, result } = await session.run(line, undefined, columns);
  assert.is(error, null);
  return printed + (result ?? '');
}

async function refused(line: string): Promise<string> {
  const { status, error } = await session.run(line);
  assert.is(status, 'error', line);
  return error ?? '';
}

test('with nothing there they say what to type first', async () => {
  assert.match(
    await shown('.endpoints'),
    /^await show\.endpoints\(\)\nno endpoints yet:\n {2}await client\.createEndpoint/,
  );
  assert.match(
    await shown('.backends'),
    /^await show\.backends\(\)\nno backends yet:\n {2}await client\.createBackend/,
  );
  assert.match(await shown('.replicas'), /^await show\.replicas\(\)\nno replicas yet$/);
  assert.match(await shown('.traffic'), /no endpoints yet/);
  assert.match(await shown('.revisions'), /^await client\.history\(\)\nnothing has been changed yet$/);
});

test('they show what another instance has, and not what is no instance', async () => {
  const other = await serve.start({ name: 'commands-look-other', host: 'process', http: null, resources: { gpus: 3 } });
  try {
    const ask = "const other = await serve.connect({ name: 'commands-look-other' }); await show.of(other).gpus()";
    const { data } = await session.run(ask);
    assert.is((data as { readonly gpus: readonly unknown[] }).gpus.length, 3);
    const { data: own } = await session.run('await show.gpus()');
    assert.is((own as { readonly gpus: readonly unknown[] }).gpus.length, 2);
  } finally {
    await other.shutdown();
  }
  assert.match(await refused('show.of(5)'), /show\.of\(\) wants a client, got number; await serve\.start\(\)/);
});

test('a line says why a backend is not there yet', () => {
  const config = { numReplicas: 2 } as serve.BackendConfig;
  const stats = { rate: 0, errorRate: 0, p50Ms: null, p95Ms: null, p99Ms: null };
  const pending = [{ reason: 'waits for 1 GPU: 0 of 1 GPU free' }, { reason: 'restarts in 2 s after 3 deaths' }];
  const replicas = { target: 2, running: 0, pending };
  const row = { tag: 'llm', config, replicas, queued: 0, stats, isolation: null };
  assert.equal(pendingLines([row], { colors: false, columns: 80 }), [
    '  llm waits for 1 GPU: 0 of 1 GPU free',
    '  llm waits: restarts in 2 s after 3 deaths',
  ]);
});

test('they show what there is', async () => {
  await instance.createBackend('model', () => 1, { config: { numReplicas: 2 } });
  await instance.createBackend('other', () => 2, { actorOptions: { numGpus: 0.25 } });
  await instance.createEndpoint('echo', { backend: 'model', route: '/echo', methods: ['GET', 'POST'] });
  await instance.createEndpoint('quiet', { backend: 'other' });
  await instance.setTraffic('echo', { model: 0.9, other: 0.1 });
  await instance.shadowTraffic('echo', 'other', 0.5);

  const endpoints = await shown('.endpoints', 200);
  assert.match(endpoints, /^endpoint +route +methods +traffic +shadows +rate +errors +p50 +p95 +p99$/m);
  assert.match(endpoints, /^echo +\/echo +GET,POST +model 90 %, other 10 % +other 50 % +0\/s +0 +- +- +-$/m);
  assert.match(endpoints, /^quiet +- +GET +other +- /m);

  const backends = await shown('.backends');
  assert.match(backends, /^model +2\/2 .* thread$/m);
  assert.match(backends, /^other +1\/1 .* process$/m);

  const replicas = await shown('.replicas', 200);
  assert.match(replicas, /^replica +state +node +runs in +ongoing +queued +gpus +restarts +up$/m);
  assert.match(replicas, /^model#1 +RUNNING +head +thread \d+ +0\/100 +0 +- +0 +\d+s$/m);
  const { pid } = (await instance.status()).replicas.find(({ tag }) => tag === 'other#1') ?? {};
  assert.match(replicas, new RegExp(`^other#1 +RUNNING +head +process ${pid} .* 0 +0 +\\d+s$`, 'm'));

  const some = await shown('.replicas other');
  assert.match(some, /^await show\.replicas\('other'\)\n/);
  assert.ok(some.includes('other#1') && !some.includes('model#1'), some);

  const gpus = await shown('.gpus');
  assert.match(gpus, /^ *0 .* 0\.25 .*other#1 0\.25$/m, gpus);
  assert.match(gpus, /^ *1 .* 0 .*-$/m, gpus);

  const status = await shown('.status');
  assert.match(status, /^commands-look\nservelab \d.*process \d+ \(process\).*revision 6\nHTTP on http:/m);
  assert.match(status, /0\.25 of 2 GPUs/);
  assert.match(status, /^endpoint[\s\S]*^quiet[\s\S]*^backend[\s\S]*^other/m);
});

test('a table has the value as data, for who wants to go on with it', async () => {
  const { data } = await session.run('.replicas model');
  assert.equal(
    (data as { tag: string }[]).map(({ tag }) => tag),
    ['model#1', 'model#2'],
  );
  assert.is((await session.run('_.data.length')).result, '2');
});

for (const columns of [40, 60, 80, 132]) {
  test(`tables fit ${columns} columns`, async () => {
    for (const line of ['.endpoints', '.backends', '.replicas', '.gpus', '.config model', '.revisions', '.metrics']) {
      const { result } = await session.run(line, undefined, columns);
      const tooLong = (result ?? '').split('\n').filter((row) => widthOf(row) > columns);
      assert.equal(tooLong, [], line);
    }
  });
}

test('metrics are shown by name, and a wrong one is told from the nearest', async () => {
  const metrics = await shown('.metrics replica_starts');
  assert.match(metrics, /^await show\.metrics\('replica_starts'\)\nserve_backend_replica_starts {2}counter\n/);
  assert.match(metrics, /^ {2}backend=model,replica=model#1 +1 +0\/s +▁+$/m);
  assert.match(
    await refused('.metrics serve_backend_eror_counter'),
    /INVALID_ARGUMENT .*did you mean serve_backend_error_counter\? usage: \.metrics \[filter\]/,
  );
});

test('logs show the last lines, those of one replica, and what comes', async () => {
  const lines = (await shown('.logs -n 2')).trimEnd().split('\n');
  assert.is(lines.length, 3);
  assert.is(lines[0], 'await show.logs({ lines: 2 })');
  assert.match(lines[2] ?? '', /shadow\.set +echo/);
  const one = await shown('.logs model#1');
  assert.ok(one.includes("replica 'model#1'") && !one.includes('model#2'), one);
  const both = await shown('.logs model');
  assert.ok(both.includes("'model#1'") && both.includes("'model#2'"), both);
  assert.match(await refused('.logs modle'), /no replica 'modle'; did you mean model\? usage: \.logs/);

  const followed = { text: '' };
  const following = session.run('.logs -f -n 0 other', (output) => {
    if (output.type === 'stream') followed.text += output.text;
  });
  // It follows from some moment on, of which nothing tells: changes are made until one is seen.
  let numReplicas = 1;
  await until(async () => {
    numReplicas = 3 - numReplicas;
    await instance.updateBackendConfig('other', { numReplicas });
    return /other#\d+ {2}/.test(followed.text);
  }, 'a line of the log');
  session.interrupt();
  const { status, error } = await following;
  assert.equal([status, error], ['ok', null]);
  assert.not.match(followed.text, /model/);
});

test('logs of a replica are what it prints and what is said of it, and none of what others print', async () => {
  const print = () => console.log(`${serve.getCurrentReplicaTag()} prints for printer#1`);
  await instance.createBackend('printer', print, { config: { numReplicas: 2 } });
  await instance.createEndpoint('print', { backend: 'printer' });
  const handle = await instance.getHandle('print');
  const log = (await serve.findInstance('commands-look')).log ?? '';
  const printed = (tag: string): boolean => readFileSync(log, 'utf8').includes(`${tag} | ${tag} prints`);
  // Equal loads are served in turn.
  await until(async () => {
    await handle.remote();
    return printed('printer#1') && printed('printer#2');
  }, 'both to have printed');
  const one = await shown('.logs printer#1');
  assert.match(one, /^await show\.logs\(\{ replica: 'printer#1' \}\)\n/);
  assert.match(one, /^\d{4}-.*'printer#1'/m);
  assert.match(one, /^printer#1 \| printer#1 prints for printer#1$/m);
  assert.not.match(one, /^printer#2 \|/m);
  const all = await shown('.logs -n 1000 printer');
  assert.match(all, /^printer#1 \|/m);
  assert.match(all, /^printer#2 \|/m);

  const followed = { text: '' };
  const following = session.run('.logs -f -n 0 printer#2', (output) => {
    if (output.type === 'stream') followed.text += output.text;
  });
  await until(async () => {
    await handle.remote();
    return followed.text.includes('printer#2 | ');
  }, 'a line of the replica');
  session.interrupt();
  assert.is((await following).status, 'ok');
  assert.not.match(followed.text, /^printer#1 \|/m);
});

test('requests are told as they end: where, how, how long, with their copies and their id', async () => {
  await instance.createBackend('tailed', (request) => {
    if (request.data === 'fail') throw new Error('no');
  });
  await instance.createBackend('watcher', () => 1);
  await instance.createEndpoint('tail', { backend: 'tailed' });
  await instance.shadowTraffic('tail', 'watcher', 1);
  const handle = await instance.getHandle('tail');
  const first = handle.remote();
  await first;
  const shadowIsOver = async (): Promise<boolean> =>
    (await instance.trace(first.requestId ?? ''))[0]?.shadows[0]?.copy?.outcome === 'ok';
  await until(shadowIsOver, 'the copy to have ended');
  const tailed = { text: '' };
  const tailing = session.run('.tail -n 5 tail', (output) => {
    if (output.type === 'stream') tailed.text += output.text;
  });
  await until(() => tailed.text.includes(`${first.requestId}\n`), 'the one before');
  const ms = '\\d+(?:\\.\\d)? ms';
  const times = `${ms} \\(queued ${ms}, processing ${ms}\\)`;
  assert.match(
    tailed.text,
    new RegExp(
      `^\\d\\d:\\d\\d:\\d\\d\\.\\d{3}  tail  tailed#1  ok  ${times}  \\+ watcher ${ms}  ${first.requestId}$`,
      'm',
    ),
  );
  assert.match(
    tailed.text,
    /^for await \(const trace of client\.traces\(\{ endpoint: 'tail', count: 5, follow: true \}\)\) console\.log\(trace\)\n/,
  );
  await (await instance.getHandle('print')).remote();
  const failing = handle.remote('fail');
  await failing.then(null, () => {});
  await until(() => tailed.text.includes(`${failing.requestId}\n`), 'the one that failed');
  assert.match(
    tailed.text,
    new RegExp(`tailed#1  BACKEND_ERROR  ${times}  \\+ watcher .*  ${failing.requestId}$`, 'm'),
  );
  assert.not.match(tailed.text, /printer/);
  session.interrupt();
  const { status, error } = await tailing;
  assert.equal([status, error], ['ok', null]);
});

test('batches are told by how full they were, in a row and a bar for each size', async () => {
  assert.match(await shown('.batches'), /^no backend takes batches: mark its function or class with acceptBatch/m);
  const target = serve.acceptBatch((requests: readonly serve.ServeRequest[]) => requests.map(() => requests.length));
  const config = { maxBatchSize: 4, batchWaitTimeoutMs: 20 };
  await instance.createBackend('batched', target, { config });
  await instance.createEndpoint('batched', { backend: 'batched' });
  assert.match(await shown('.batches'), /^batched +0 +0 +- +4 +20 ms\nno batch in the last minute$/m);
  const handle = await instance.getHandle('batched');
  const told = (await Promise.all(Array.from({ length: 8 }, () => handle.remote()))) as number[];
  const full = told.filter((size) => size === 4).length / 4;
  assert.ok(full >= 1, `sizes ${told}`);
  const text = await shown('.batches batched');
  assert.match(
    text,
    /^await show\.batches\('batched'\)\nbackend +batches +queries +mean +most +wait\nbatched +\d +8 /m,
  );
  assert.match(text, new RegExp(`^4 +█+ +${full}$`, 'm'));
  const { data } = await session.run("await show.batches('batched')");
  assert.is((data as readonly serve.BatchDistribution[])[0]?.queries, 8);
  await instance.deleteEndpoint('batched');
  await instance.deleteBackend('batched');
});

const BAD: readonly (readonly [line: string, said: RegExp])[] = [
  ['.endpoints x', /'x' is one too many; usage: \.endpoints/],
  ['.replicas modle', /BACKEND_NOT_FOUND .*did you mean 'model'/],
  ['.replicas a b', /'b' is one too many; usage: \.replicas \[backend\]/],
  ['.gpus 1', /usage: \.gpus/],
  ['.batches modle', /BACKEND_NOT_FOUND .*did you mean 'model'/],
  ['.batches a b', /'b' is one too many; usage: \.batches \[backend\]/],
  ['.logs --folow', /no option '--folow'/],
  ['.logs -n x', /the number of lines must be a whole number, got 'x'/],
  ['.tail nowhere', /ENDPOINT_NOT_FOUND .*'nowhere'/],
  ['.tail -n 1001', /count must be an integer from 0 to 1000, got 1001/],
  ['.tail a b', /'b' is one too many; usage: \.tail \[-n count\] \[endpoint\]/],
  ['.statsu', /no command '\.statsu'; did you mean \.status\? \.help lists them/],
];

for (const [line, said] of BAD) {
  test(`${line} is refused`, async () => assert.match(await refused(line), said));
}

test('each is a function, in a cell', async () => {
  const { result, printed }: Ran = await session.run("await show.replicas('model')");
  assert.is(printed, '');
  assert.match(result ?? '', /^replica[\s\S]*model#2/);
});

test.run();
