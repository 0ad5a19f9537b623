/** Replicas in processes that do not come up: the caller is told why, and nothing is left. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { failureOf, faulty, type Rig, until, withRig } from '../fixtures/faults/rig.ts';
import type { Tried } from '../fixtures/faults/starved.ts';
import { childPids, runDirectories } from '../support/processes.ts';
import { requireOrSkip } from '../support/require.ts';

const test = suite('a process that does not come up');

async function requireStartFailure(
  rig: Rig,
  target: serve.BackendTarget,
  options: serve.CreateBackendGiven,
  ...says: readonly RegExp[]
): Promise<void> {
  const failure = await failureOf(rig.createBackend('b', target, options));
  assert.is(failure.code, 'BACKEND_START_FAILED', failure.message);
  for (const part of says) assert.match(failure.message, part);
  const { backends, replicas } = await rig.client.status();
  assert.equal([backends, replicas], [{}, []]);
  await until('no process is left', () => childPids().length === 0);
}

/** And the next one with this tag starts. */
async function requireRecovery(rig: Rig): Promise<void> {
  await rig.createBackend('b', () => 'up');
  await rig.client.createEndpoint('b', { backend: 'b', route: '/b' });
  assert.is((await rig.get('/b')).text, 'up');
}

for (const [what, make, ...says] of [
  [
    'is not there',
    (directory) => join(directory, 'none'),
    /failed to execute .*none: No such file|no such Node binary/,
  ],
  ['cannot be executed', (directory) => script(directory, 'exit 0', 0o644), /Permission denied|cannot be executed/],
  ['is another program', () => '/bin/true', /exit code 0 before it was ready/],
  [
    'refuses a flag',
    (directory) => script(directory, node('--no-such-flag')),
    /exit code 9 .*\n.*bad option: --no-such-flag/,
  ],
  ['is too old', (directory) => script(directory, node(AS_IF_OLD)), /servelab needs Node 22\.18 or newer.* v20\.1\.0/],
] as const satisfies readonly [string, (directory: string) => string, ...RegExp[]][]) {
  test(`for a Node binary that ${what}`, () =>
    withRig(async (rig) => {
      const { execPath } = process;
      process.execPath = make(rig.ledger.directory);
      try {
        await requireStartFailure(rig, () => 'never', {}, ...says);
      } finally {
        process.execPath = execPath;
      }
      await requireRecovery(rig);
    })('process'));
}

/** Node, started with one more flag. */
const node = (flag: string): string => `exec '${process.execPath}' '${flag}' "$@"`;

const AS_IF_OLD =
  '--import=data:text/javascript,for (const [key, value] of [["version", "v20.1.0"], ["versions", { node: "20.1.0" }]]) ' +
  'Object.defineProperty(process, key, { value })';

function script(directory: string, line: string, mode = 0o755): string {
  const path = join(directory, 'node');
  writeFileSync(path, `#!/bin/sh\n${line}\n`, { mode });
  return path;
}

test('for an option of Node that is refused', () =>
  withRig(async (rig) => {
    const actorOptions = { envVars: { NODE_OPTIONS: '--no-such-flag' } };
    const says = /exit code 9 before it was ready.*\n.*--no-such-flag is not allowed in NODE_OPTIONS/;
    await requireStartFailure(rig, () => 'never', { actorOptions }, says);
    await requireRecovery(rig);
  })('process'));

for (const [how, ...says] of [
  ['exit', /its process ended with exit code 3 before it was ready/, /said last:\n\s+the model is missing/],
  ['segfault', /its process crashed \(SIGSEGV, .*\) before it was ready/, /said last:\n\s+the model is missing/],
  ['abort', /its process aborted \(SIGABRT, .*\) before it was ready/],
  ['kill', /its process was killed \(SIGKILL, .*\) before it was ready/],
  ['throw', /Error: thrown in a timer/],
  ['memory', /out of memory/],
] as const) {
  test(`for a constructor that ends it (${how}): how it ended is told, and what it said`, () =>
    withRig(async (rig) => {
      const actorOptions = { maxMemoryBytes: 64 * 1024 * 1024 };
      await requireStartFailure(rig, faulty('EndsAtStart', how), { actorOptions, config: { userConfig: {} } }, ...says);
      await requireRecovery(rig);
    })('process'));
}

test('for an environment that is too large', () =>
  withRig(async (rig) => {
    const actorOptions = { envVars: { LARGE: 'x'.repeat(3_000_000) } };
    await requireStartFailure(rig, () => 'never', { actorOptions }, /E2BIG/, /envVars/);
    await requireRecovery(rig);
  })('process'));

for (const when of ['the first replica in a process', 'a later one']) {
  test(`for ${when} when few or no descriptors are left; the instance goes on, and starts it when there are some again`, () =>
    withRig(async (rig) => {
      if (when === 'a later one') await rig.createBackend('first', () => 'first');
      await rig.client.createBackend('other', () => 'other');
      await rig.client.createEndpoint('other', { backend: 'other' });
      const other = await rig.client.getHandle('other');
      let failures = 0;
      for (const left of [0, 1, 2, 4, 6, 8, 10, 14]) {
        const held = holdEveryDescriptor();
        for (const descriptor of held.splice(0, left)) closeSync(descriptor);
        const outcome = await rig.createBackend('b', faulty('Faulty', rig.board)).then(
          () => null,
          (error: serve.ServeError) => error,
        );
        const answer = await other.remote();
        for (const descriptor of held) closeSync(descriptor);
        assert.is(answer, 'other');
        if (outcome === null) await rig.client.deleteBackend('b');
        else {
          failures++;
          assert.is(outcome.code, 'BACKEND_START_FAILED', outcome.message);
          assert.match(outcome.message, /EMFILE/, `with ${left} left`);
        }
      }
      assert.ok(failures >= 4 && failures < 8, `${failures} failed`);
      await requireRecovery(rig);
      assert.is(runDirectories().length, 1);
      await rig.client.shutdown();
      assert.equal(runDirectories(), []);
    })('process'));
}

const STARVED = fileURLToPath(new URL('../fixtures/faults/starved.js', import.meta.url));
/** Root may start as many processes as it likes. */
const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
const mayRead = spawnSync(process.execPath, ['--check', STARVED], user).status === 0;
const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0;
const needs = { available: mayRead && hasPrlimit, why: 'another user must be able to read this, and prlimit be there' };

requireOrSkip(test, 'for the want of a further process; when there may be one again, it starts', needs, async () => {
  const program = spawn(process.execPath, [STARVED], { ...user, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(program.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<string> => (await lines.next()).value ?? 'it has ended';
  const allow = (count: string): void => {
    const { status, stderr } = spawnSync('prlimit', [`--pid=${program.pid}`, `--nproc=${count}`], user);
    assert.is(status, 0, String(stderr));
  };
  const tryTag = async (tag: string): Promise<Tried> => {
    program.stdin.write(`${tag}\n`);
    return JSON.parse(await next()) as Tried;
  };
  try {
    assert.is(await next(), 'ready');
    allow('1:');
    const refused = await tryTag('first');
    assert.is(refused.code, 'BACKEND_START_FAILED', refused.message);
    assert.match(refused.message, /could not be started: spawn .* EAGAIN: the system allows no more processes/);
    assert.equal([refused.replicas, refused.other], [1, 'other'], 'nothing is left but the other, which serves');
    allow('10000:');
    const started = await tryTag('first');
    assert.equal([started.code, started.replicas], ['ok', 2], started.message);
    program.stdin.end();
    assert.equal(await once(program, 'exit'), [0, null]);
  } finally {
    program.kill('SIGKILL');
  }
});

function holdEveryDescriptor(): number[] {
  const held: number[] = [];
  for (;;) {
    try {
      held.push(openSync('/dev/null', 'r'));
    } catch (error) {
      assert.is((error as NodeJS.ErrnoException).code, 'EMFILE');
      return held;
    }
  }
}

test.run();
