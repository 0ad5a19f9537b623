/** A session as its front ends see it: Jupyter's messages, whoever asks. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Output } from '../../../repl/session/protocol.ts';
import { SessionClient, SessionEnded } from '../../../repl/session/session-client.ts';
import { type StartedSession, startSession } from '../../../repl/session/start-session.ts';
import { fails, until } from '../../support/instance.ts';

const test = suite('session');

const look = { colors: false, columns: 80 };
const directory = mkdtempSync(join(tmpdir(), 'servelab-session-test-'));
const outputs: Output[] = [];
let instance: serve.Client;
let session: StartedSession;

test.before(async () => {
  instance = await serve.start({ name: 'session-test', host: 'process', http: { port: 0 } });
  await instance.createBackend('echo', (request) => request.data ?? null);
  await instance.createEndpoint('echo', { backend: 'echo', route: '/echo' });
  session = await startSession(directory, (output) => outputs.push(output));
  const { error } = await session.client.ask('connect_request', { instance: 'session-test' });
  assert.is(error, null);
});

test.after(async () => {
  await session.client.ask('shutdown_request', {});
  await session.ended;
  session.client.close();
  await instance.shutdown();
  rmSync(directory, { recursive: true });
});

/** What a cell put out, in order, once it has ended. */
async function run(code: string, client = session.client): Promise<readonly Output[]> {
  const id = randomUUID();
  await client.ask('execute_request', { code, look }, id);
  return of(id);
}

const of = (id: string): readonly Output[] => outputs.filter((output) => 'parent' in output && output.parent === id);
const printedBy = (id: string): string =>
  of(id)
    .map((output) => (output.type === 'stream' ? output.text : ''))
    .join('');
const typesOf = (found: readonly Output[]): readonly string[] => found.map(({ type }) => type);

function resultOf(found: readonly Output[]): string | undefined {
  return found.find((output) => output.type === 'execute_result')?.data['text/plain'];
}

async function heard(isWanted: (output: Output) => boolean): Promise<Output> {
  for (;;) {
    const found = outputs.find(isWanted);
    if (found) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('a cell is busy, says what it runs, puts out its result, and is idle', async () => {
  const found = await run("console.log('printed'); 6 * 7");
  assert.equal(typesOf(found), ['status', 'execute_input', 'stream', 'execute_result', 'status']);
  assert.is(resultOf(found), '42');
  assert.is(resultOf(await run('_ + 1')), '43');
});

test('an error is put out with its place, and kept', async () => {
  const found = await run('const here = 1;\nnull.x');
  const error = found.find((output) => output.type === 'error');
  assert.match(error?.text ?? '', /cell-\d+\.ts:2:6/);
  assert.is(resultOf(await run('_e.name')), "'TypeError'");
});

test('who looks elsewhere is told of the last pictures, in the columns asked for, and of those alone', async () => {
  const pictures = async (instance = 'session-test', columns = 60) =>
    (await session.client.ask('pictures_request', { instance, look: { colors: false, columns } })).pictures;
  const before = (await pictures()).length;
  await run("const bars = chart.bars([{ who: 'Ada', votes: 3 }], { x: 'who', y: 'votes' }); bars");
  await run('show.backends()');
  await run("const place = display('a text'); 1 + 1");
  await run("place.update(chart.histogram([1, 2, 2, 3])); display(bars, { id: 'again' })");
  await run('place.update(chart.histogram([7, 8, 8, 9]))');
  const [ada, numbers, ...more] = (await pictures()).slice(before);
  assert.equal(more, []);
  assert.match(ada?.code ?? '', /^const bars = /);
  assert.match(ada?.text ?? '', /^Ada +█{40} {2}3$/m);
  assert.match(numbers?.code ?? '', /^place\.update\(chart\.histogram\(\[1/, 'the cell that made it');
  assert.match(numbers?.text ?? '', /7 – .*\n[\s\S]*9/);
  assert.ok((numbers?.at ?? '') > (numbers?.since ?? ''));
  assert.ok((ada?.count ?? 0) < (numbers?.count ?? 0));
  const narrow = (await pictures('session-test', 30)).slice(before)[0]?.text ?? '';
  assert.ok(narrow.split('\n').every((line) => line.length <= 30) && /Ada +█+ +3/.test(narrow), narrow);
  assert.equal(await pictures('another'), []);
  await run("place.update('a text again')");
  assert.equal(
    (await pictures()).slice(before).map(({ key }) => key),
    [ada?.key],
    'what is shown no more has gone',
  );
  for (let at = 0; at < 20; at++) await run(`chart.bars([{ a: 'x', n: ${at} }], { x: 'a', y: 'n' })`);
  const last = await pictures();
  assert.is(last.length, 12);
  assert.is(new Set(last.map(({ key }) => key)).size, 12);
  assert.match(last.at(-1)?.text ?? '', / 19$/m);
});

test('a load that was seen to grow is not drawn again, as a result or by display', async () => {
  const load = "await show.load('echo', { rps: 40, forMs: 600 })";
  for (const code of [load, `display(${load})`]) {
    const places = new Set<string | null>();
    for (const output of await run(code)) {
      const isShown = output.type === 'display_data' || output.type === 'update_display_data';
      if ((isShown || output.type === 'execute_result') && 'image/svg+xml' in output.data) {
        places.add(isShown ? output.display : null);
      }
    }
    assert.is(places.size, 1, code);
  }
});

test('a command without its dot is an error that says how it is typed', async () => {
  const textOf = async (code: string): Promise<string> =>
    (await run(code)).find((output) => output.type === 'error')?.text ?? '';
  for (const [code, command] of [
    ...[
      ['status', '.status'],
      ['help', '.help'],
      ['help()', '.help'],
      ['exit', '.exit'],
      ['quit;', '.exit'],
    ],
    ...[
      ['traffic', '.traffic'],
      ['?', '.help'],
    ],
  ]) {
    assert.match(await textOf(code ?? ''), /^Uncaught[\s\S]*(?:Reference|Syntax)Error/);
    assert.ok((await textOf(code ?? '')).endsWith(`\nthe command is ${command}`), code);
  }
  assert.not.match(await textOf('statusses'), /command/);
  await run("var status = 'mine'");
  assert.is(resultOf(await run('status')), "'mine'");
});

test('endpoints are functions, HTTP is at hand, and what is not there is said', async () => {
  assert.is(resultOf(await run("await endpoints.echo('hi')")), "'hi'");
  assert.match(resultOf(await run("await http.get('/echo')")) ?? '', /^200 OK {2}[\d.]+ ms/);
  const [error] = (await run('await endpoints.ecko()')).filter((output) => output.type === 'error');
  assert.match(error?.text ?? '', /ENDPOINT_NOT_FOUND .*ecko/);
  const [other] = (await run("await http.get('http://example.org/')")).filter((output) => output.type === 'error');
  assert.match(other?.text ?? '', /INVALID_ARGUMENT http calls the instance at /);
});

test('a call that is not awaited says how its answer is had', async () => {
  const hint = '  `await` before it gives its value';
  assert.is(resultOf(await run("endpoints.echo('hi')")), `Promise { <pending> }${hint}`);
  const ref = resultOf(await run("const echo = await endpoints.echo.handle(); echo.remote('hi')")) ?? '';
  assert.ok(/^ObjectRef \{ requestId: '[^']+' \} {2}/.test(ref) && ref.endsWith(hint), ref);
});

test('what is printed later belongs to the cell that set it going', async () => {
  const id = randomUUID();
  const code = "setTimeout(() => console.log('late'), 1); await new Promise((resolve) => setTimeout(resolve, 0)); 0";
  await session.client.ask('execute_request', { code, look }, id);
  await run('1');
  await heard((output) => output.type === 'stream' && output.text === 'late\n' && output.parent === id);
  assert.is(printedBy(id), 'late\n');
});

test('what a callback throws is put out, and ends nothing', async () => {
  await run("setTimeout(() => { throw new Error('on its own') }, 0); 0");
  const { type } = await heard((output) => output.type === 'error' && output.message === 'on its own');
  assert.is(type, 'error');
  await run("void Promise.reject(new Error('forgotten')); 0");
  await heard((output) => output.type === 'error' && output.message === 'forgotten');
  assert.is(resultOf(await run('1 + 1')), '2');
});

test('cells run one after the other; when one fails those that wait are given up, if they are to be', async () => {
  const ask = (code: string, stopOnError: boolean, id: string = randomUUID()) =>
    session.client.ask('execute_request', { code, look, stopOnError }, id);
  const id = randomUUID();
  const all = [
    ask("console.log('go'); await new Promise(() => {})", true, id),
    ask('2', true),
    ask('3', false),
    ask('4', true),
  ];
  await heard((output) => output.type === 'stream' && output.parent === id);
  await session.client.ask('is_complete_request', { code: 'what was asked before is there, too' });
  await session.client.interrupt();
  const statuses = (await Promise.all(all)).map(({ status }) => status);
  assert.equal(statuses, ['error', 'aborted', 'ok', 'aborted']);
  assert.is((await ask('5', true)).status, 'ok');
});

test('several front ends share one session, and each sees what the others do', async () => {
  const seen: Output[] = [];
  const other = new SessionClient(session.directory, (output) => seen.push(output));
  const { pid } = await other.welcome;
  assert.is(pid, session.process.pid);
  await run('const shared = 20', other);
  assert.is(resultOf(await run('shared + 2')), '22');
  const isResult = (output: Output) => output.type === 'execute_result' && output.data['text/plain'] === '22';
  await until(() => seen.some(isResult), 'the other to see it');
  other.close();
  await other.gone;
  assert.is(resultOf(await run('shared')), '20');
});

test('an interrupt ends what runs, and not what comes next', async () => {
  for (const code of ['while (true) {}', 'await new Promise(() => {})', 'await null; while (true) {}']) {
    const id = randomUUID();
    const running = session.client.ask('execute_request', { code: `console.log('go'); ${code}`, look }, id);
    await heard((output) => output.type === 'stream' && output.parent === id);
    assert.is(await session.client.interrupt(), 'taken');
    assert.is((await running).status, 'error');
    assert.is(resultOf(await run('shared')), '20');
  }
  assert.is(await session.client.interrupt(), 'taken');
  assert.is(resultOf(await run('shared')), '20');
});

test('a command that is interrupted and waits for the instance says that it goes on there', async () => {
  class Slow {
    constructor() {
      if (serve.getCurrentReplicaTag() !== 'slow#1')
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
    }

    call(): number {
      return 1;
    }
  }
  await instance.createBackend('slow', Slow);
  const id = randomUUID();
  const running = session.client.ask('execute_request', { code: '.scale slow 2', look }, id);
  await heard((output) => output.type === 'stream' && output.parent === id);
  await session.client.interrupt();
  assert.is((await running).status, 'error');
  const texts = of(id).map((output) => (output.type === 'error' ? output.text : ''));
  assert.ok(texts.includes('interrupted; what the instance was asked for goes on'), texts.join('\n'));
  const begun = async () => (await instance.status()).replicas.some(({ tag }) => tag === 'slow#2');
  await until(begun, 'what it was asked for');
  await instance.deleteBackend('slow', { force: true });
});

test('a flood is cut for who cannot read so fast, and the session goes on', async () => {
  const found = await run("for (let n = 0; n < 400_000; n++) console.log('x'.repeat(100)); 'done'");
  assert.is(resultOf(found), "'done'");
  const bytes = found.reduce((sum, output) => sum + (output.type === 'stream' ? output.text.length : 0), 0);
  assert.ok(bytes <= 40_500_000, `${bytes}`);
});

test('secrets are not shown, lists of like objects are tables, big values are cut', async () => {
  const secret = resultOf(await run("({ user: 'ada', password: 'tell nobody', nested: { apiKey: 'k' } })")) ?? '';
  assert.not.match(secret, /tell nobody|'k'/);
  assert.match(secret, /hidden, 11 characters/);
  assert.is(resultOf(await run("[{ a: 1, b: 'x' }, { a: 22, b: 'yy' }]")), ' a  b\n 1  x\n22  yy');
  const big = resultOf(await run("Array.from({ length: 100_000 }, (_, n) => 'line ' + n).join('\\n')")) ?? '';
  assert.ok(big.length < 25_000, `${big.length}`);
});

test('mistakes in types are said, or keep a cell from running, or are nobody’s business', async () => {
  const typed = "let amount: number = 'much'; amount";
  const saysIt = async (): Promise<boolean> => {
    const printed = (await run(typed)).map((output) => (output.type === 'stream' ? output.text : '')).join('');
    return printed.includes("Type 'string' is not assignable to type 'number'");
  };
  // The language server comes up by itself, a moment after the session.
  while (!(await saysIt()));
  assert.is(resultOf(await run(typed)), "'much'");
  await run('.check on');
  assert.ok(typesOf(await run("let other: number = 'much'")).includes('error'));
  assert.is(resultOf(await run('typeof other')), "'undefined'");
  await run('.check off');
  assert.not.ok(await saysIt());
  await run('.check warn');
});

test('names of the session complete where an expression begins, and not as members of something else', async () => {
  await run('class Model { call() { return 1 } }; const modest = { one: 1 }');
  const matchesOf = async (code: string): Promise<readonly string[]> =>
    (await session.client.ask('complete_request', { code, cursor: code.length })).matches;
  assert.ok((await matchesOf('await mod')).includes('modest'));
  assert.ok((await matchesOf('modest.')).includes('one'));
  for (const code of ['new Model().', "client.createBackend('q', Model, { "]) {
    const matches = await matchesOf(code);
    assert.not.ok(matches.includes('modest') || matches.includes('client'), `${code}: ${matches}`);
  }
  assert.equal(await matchesOf('.config '), ['echo']);
  assert.ok((await matchesOf('.config echo num')).includes('numReplicas='));
});

test('what is asked of a session that has ended rejects', async () => {
  const one = await startSession(directory, () => {});
  await one.client.ask('connect_request', { instance: 'session-test' });
  const asked = one.client.ask('execute_request', { code: 'process.exit(3)', look });
  await asked.then(
    () => assert.unreachable(),
    (error) => assert.instance(error, SessionEnded),
  );
  assert.equal(await one.ended, { code: 3, signal: null });
});

test('the first cell of a session can be interrupted as soon as it runs', async () => {
  const one = await startSession(directory, (output) => outputs.push(output));
  const id = randomUUID();
  const code = "console.log('go'); while (true) {}";
  const asked = one.client.ask('execute_request', { code, look, needsInstance: false }, id);
  await heard((output) => output.type === 'stream' && output.parent === id);
  assert.is(await one.client.interrupt(), 'taken');
  assert.is((await asked).status, 'error');
  await one.client.ask('shutdown_request', {});
  await one.ended;
  one.client.close();
});

test('an instance that is not there is refused, and the old one stays', async () => {
  const { error } = await session.client.ask('connect_request', { instance: 'nowhere' });
  assert.match(error ?? '', /INSTANCE_NOT_FOUND/);
  assert.is(resultOf(await run("await endpoints.echo('still')")), "'still'");
  await fails(serve.connect({ name: 'nowhere' }), 'INSTANCE_NOT_FOUND');
});

test.run();
