import { tmpdir } from 'node:os';
import type { ServeRequest } from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PromptSession } from './prompt-session.ts';

const test = suite('commands that change');

class Configured {
  level: number | bigint = 0;

  reconfigure({ level }: { level: number | bigint }): void {
    this.level = level;
  }

  call(_request: ServeRequest): number | bigint {
    return this.level;
  }
}

const session = await PromptSession.open('commands-change', tmpdir());
const { instance } = session;
await instance.createBackend('v1', () => 1);
await instance.createBackend('v2', Configured, { config: { userConfig: { level: 1 } } });
await instance.createEndpoint('e', { backend: 'v1', route: '/e' });

test.after(() => session.close());

async function shown(line: string, columns = 80): Promise<string> {
  const { error, printed, result } = await session.run(line, undefined, columns);
  assert.is(error, null);
  return printed + (result ?? '');
}

const endpoint = async () => (await instance.listEndpoints()).e;

test('traffic is split', async () => {
  const text = await shown('.traffic e v1=0.75 v2=0.25');
  assert.match(text, /^await client\.setTraffic\('e', \{ v1: 0\.75, v2: 0\.25 \}\)\n/);
  assert.match(text, /v1 +█+▌ +75 %/);
  assert.equal((await endpoint())?.traffic, { v1: 0.75, v2: 0.25 });
});

test('weights may be per cent', async () => {
  assert.match(await shown('.traffic e v1=90% v2=10%'), /setTraffic\('e', \{ v1: 0\.9, v2: 0\.1 \}\)/);
  assert.match(await shown('.undo'), /undone: revision \d+, set-traffic/);
  assert.equal((await endpoint())?.traffic, { v1: 0.75, v2: 0.25 });
});

test('traffic is shadowed, in parts or per cent, and no more', async () => {
  assert.match(await shown('.shadow e v2 0.5'), /^await client\.shadowTraffic\('e', 'v2', 0\.5\)\n[\s\S]*50 % shadow/);
  assert.equal((await endpoint())?.shadows, { v2: 0.5 });
  assert.match(await shown('.shadow e v2 5%'), /shadowTraffic\('e', 'v2', 0\.05\)/);
  assert.match(await shown('.shadow e v2 0'), /shadowTraffic\('e', 'v2', 0\)/);
  assert.equal((await endpoint())?.shadows, {});
});

test('a backend is scaled', async () => {
  const text = await shown('.scale v1 2');
  assert.match(text, /^await client\.updateBackendConfig\('v1', \{ numReplicas: 2 \}\)\n[\s\S]*v1#1[\s\S]*v1#2/);
  assert.is((await instance.getBackendConfig('v1')).numReplicas, 2);
});

test('a config is shown, and changed with values that are JSON or text', async () => {
  assert.match(await shown('.config v1'), /^await client\.getBackendConfig\('v1'\)\nkey[\s\S]*numReplicas +2\n/);
  const text = await shown('.config v2 userConfig={"level": 7, "password": "geheim"} maxQueuedQueries=9', 120);
  assert.match(text, /^maxQueuedQueries +9 +10000$/m);
  assert.match(text, /^userConfig +\{ level: 7, password: ‹hidden, 6 characters› \} +\{ level: 1 \}$/m);
  const { userConfig, maxQueuedQueries } = await instance.getBackendConfig('v2');
  assert.equal([userConfig, maxQueuedQueries], [{ level: 7, password: 'geheim' }, 9]);
  const { data } = await session.run('.config v2');
  assert.not.match(JSON.stringify(data), /geheim/);
});

test('changes are undone one after the other, and had again', async () => {
  const before = (await instance.status()).instance.revision;
  assert.match(
    await shown('.undo'),
    /undone: revision \d+, update-backend-config, backend 'v2': .*\n.*to have it again: \.rollback/s,
  );
  assert.equal((await instance.getBackendConfig('v2')).userConfig, { level: 1 });
  assert.match(await shown('.undo'), /undone: revision \d+, update-backend-config, backend 'v1'/);
  assert.is((await instance.getBackendConfig('v1')).numReplicas, 1);
  assert.match(await shown('.undo'), /undone: revision \d+, shadow-traffic/);
  const text = await shown(`.rollback ${before}`);
  assert.match(text, new RegExp(`^await client\\.rollback\\(${before}\\)\\neverything is as in revision ${before}; `));
  assert.is((await instance.getBackendConfig('v1')).numReplicas, 2);
  assert.match(text, new RegExp(`to have it as before: \\.rollback ${before + 3}\n$`));
  assert.match(await shown('.undo'), /undone: [^\n]*backend 'v2'/, 'what was had again is undone again');
  assert.equal((await instance.getBackendConfig('v2')).userConfig, { level: 1 });
});

test('what was undone stays undone when the change after it is undone, too', async () => {
  const before = (await endpoint())?.traffic;
  await shown('.traffic e v1=50% v2=50%');
  await shown('.undo');
  await shown('.shadow e v2 1');
  assert.match(await shown('.undo'), /undone: revision \d+, shadow-traffic/);
  assert.equal([(await endpoint())?.traffic, (await endpoint())?.shadows], [before, {}]);
  assert.not.match(await shown('.undo'), /undone: revision \d+, rollback/);
  assert.not.equal((await endpoint())?.traffic, { v1: 0.5, v2: 0.5 });
});

test('a config that is no JSON is shown all the same', async () => {
  await instance.createBackend('big', Configured, { config: { userConfig: { level: 10n ** 20n } } });
  const { result, data } = await session.run('.config big');
  assert.match(result ?? '', /^userConfig +\{ level: 100000000000000000000n \}$/m);
  assert.is(data, null);
  await instance.deleteBackend('big');
});

test('revisions are all that was changed', async () => {
  const text = await shown('.revisions');
  assert.match(
    text,
    /^await client\.history\(\)\nrevision +at +operation +what\n +1 +[\d:]+ +create-backend +backend 'v1'/,
  );
  assert.match(text, /set-traffic[\s\S]*shadow-traffic[\s\S]*rollback/);
});

const BAD: readonly (readonly [line: string, said: RegExp])[] = [
  ['.traffic e v1', /INVALID_ARGUMENT 'v1' is no tag=weight like v1=0\.5; usage: \.traffic/],
  ['.traffic e v1=0.5', /INVALID_TRAFFIC/],
  ['.traffic e v1=0.5 v1=0.5', /INVALID_ARGUMENT the weight of 'v1' is given twice; usage: \.traffic/],
  ['.traffic f', /ENDPOINT_NOT_FOUND there is no endpoint 'f'/],
  ['.shadow', /INVALID_ARGUMENT the endpoint is missing; usage: \.shadow <endpoint> <tag> <proportion>/],
  ['.shadow e v2', /INVALID_ARGUMENT the proportion is missing/],
  ['.shadow e v2 1.5', /INVALID_ARGUMENT the proportion must be 0 to 1, got '1\.5'/],
  ['.shadow e v2 half', /INVALID_ARGUMENT the proportion must be a number, got 'half'/],
  ['.shadow e v3 0.5', /BACKEND_NOT_FOUND .*did you mean 'v1'/],
  ['.scale v1', /INVALID_ARGUMENT the number of replicas is missing; usage: \.scale <backend> <n>/],
  ['.scale v1 -1', /INVALID_ARGUMENT the number of replicas must be a whole number, got '-1'/],
  ['.scale v1 1 2', /INVALID_ARGUMENT '2' is one too many/],
  ['.config', /INVALID_ARGUMENT the backend is missing; usage: \.config <backend> \[key=value…\]/],
  ['.config v1 maxQueued', /INVALID_ARGUMENT 'maxQueued' is no key=value/],
  ['.config v1 maxQueuedQuerys=1', /INVALID_ARGUMENT .*did you mean 'maxQueuedQueries'/],
  ['.config v2 userConfig={"level":', /INVALID_ARGUMENT .* is no JSON/],
  ['.rollback', /INVALID_ARGUMENT the revision, one of those in \.revisions, is missing/],
  ['.rollback 4711', /INVALID_ARGUMENT there is no revision 4711/],
  ['.undo 2', /INVALID_ARGUMENT '2' is one too many; usage: \.undo/],
];

for (const [line, said] of BAD) {
  test(`${line} is refused, and changes nothing`, async () => {
    const { revision } = (await instance.status()).instance;
    const { status, error } = await session.run(line);
    assert.is(status, 'error');
    assert.match(error ?? '', said);
    assert.is((await instance.status()).instance.revision, revision);
  });
}

test('all of it is undone at last, the first change too, and then there is nothing left', async () => {
  for (let left = 30; left > 0; left--) {
    const { error, printed } = await session.run('.undo');
    assert.is(error, null);
    if (printed.includes('nothing is left')) break;
  }
  const { backends, endpoints } = await instance.status();
  assert.equal([backends, endpoints], [{}, {}]);
  assert.match((await session.run('.undo')).error ?? '', /INVALID_ARGUMENT there is nothing to undo/);
});

test.run();
