/** What Jupyter's protocol promises, asked by a client that is not Jupyter's. After the checks of runtimed/kernel-testbed. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Content, type Message, WireFormat } from '../../../repl/kernel/wire-message.ts';
import { printedIn, resultIn, TestKernel, typesIn } from './test-kernel.ts';

const test = suite('kernel');

let kernel: TestKernel;

test.before(async () => {
  kernel = await TestKernel.start();
  // Its instance is there.
  await kernel.run('0');
});

test.after(async () => {
  assert.is(await kernel.shutDown(), 0);
});

const contentOf = (outputs: readonly Message[], type: string): Content | undefined =>
  outputs.find(({ header }) => header.msg_type === type)?.content;
const textIn = (content: Content | undefined): unknown => (content?.data as Content | undefined)?.['text/plain'];

test('it says what it is, on shell and on control, with a status around each answer', async () => {
  for (const channel of ['shell', 'control'] as const) {
    const id = kernel.send('kernel_info_request', {}, channel);
    const { content, header } = await kernel.reply(id);
    await kernel.idle(id);
    assert.is(header.msg_type, 'kernel_info_reply');
    assert.is(content.status, 'ok');
    assert.is(content.implementation, 'servelab');
    assert.is((content.language_info as Content).name, 'typescript');
    assert.match(String(content.protocol_version), /^5\.\d+$/);
    assert.equal(typesIn(kernel.outputsOf(id)), ['busy', 'idle']);
  }
});

test('the heartbeat comes back as it went, also while a cell spins', async () => {
  const id = kernel.send('execute_request', { code: "console.log('go'); while (true) {}" });
  await kernel.printed(id, 'go');
  for (const beat of ['ping', 'again']) {
    await kernel.heartbeat.send(beat);
    const [back] = await kernel.heartbeat.receive();
    assert.is(back?.toString(), beat);
  }
  const info = await kernel.request('kernel_info_request', {});
  assert.is(info.content.status, 'ok');
  await kernel.request('interrupt_request', {}, 'control');
  assert.is((await kernel.reply(id)).content.status, 'error');
});

test('a cell is busy, says what it runs, puts out its result, and is idle', async () => {
  const { reply, outputs } = await kernel.run("console.log('hello'); 6 * 7");
  assert.equal(typesIn(outputs), ['busy', 'execute_input', 'stream', 'execute_result', 'idle']);
  const count = reply.execution_count;
  assert.equal(reply, { status: 'ok', execution_count: count, payload: [], user_expressions: {} });
  assert.equal(contentOf(outputs, 'execute_input'), { code: "console.log('hello'); 6 * 7", execution_count: count });
  assert.equal(contentOf(outputs, 'stream'), { name: 'stdout', text: 'hello\n' });
  assert.equal(contentOf(outputs, 'execute_result'), {
    data: { 'text/plain': '42' },
    metadata: {},
    execution_count: count,
  });
  assert.is((await kernel.run('1')).reply.execution_count, Number(count) + 1);
});

test('each output names the very request that it belongs to, whoever made it', async () => {
  const id = kernel.send('execute_request', { code: "console.error('to stderr')" });
  await kernel.idle(id);
  const outputs = kernel.outputsOf(id);
  assert.ok(outputs.length >= 4);
  for (const { parent } of outputs) assert.is(parent?.msg_type, 'execute_request');
  assert.equal(contentOf(outputs, 'stream'), { name: 'stderr', text: 'to stderr\n' });
});

test('what a timer prints stands under the cell that set it', async () => {
  const id = kernel.send('execute_request', {
    code: 'var print: () => void; setTimeout(() => console.log(await_), 0); var await_ = "late"; 0',
  });
  await kernel.idle(id);
  const later = await kernel.run('await new Promise((resolve) => setTimeout(resolve, 1)); 1');
  await kernel.printed(id, 'late\n');
  assert.is(printedIn(later.outputs), '');
});

test('an error is put out once and replied, the user’s frames first', async () => {
  const { reply, outputs } = await kernel.run(
    'function deep(): never {\n  throw new RangeError("too deep");\n}\ndeep()',
  );
  assert.equal(typesIn(outputs), ['busy', 'execute_input', 'error', 'idle']);
  const { ename, evalue, traceback } = contentOf(outputs, 'error') ?? {};
  assert.equal([ename, evalue], ['RangeError', 'too deep']);
  const [head, first, second] = traceback as readonly string[];
  assert.is(head, 'Uncaught RangeError: too deep');
  assert.match(first ?? '', /at deep \(cell-\d+\.ts:2:9\)/);
  assert.match(second ?? '', /at cell-\d+\.ts:4:1/);
  assert.equal(
    { ename: reply.ename, evalue: reply.evalue, traceback: reply.traceback, status: reply.status },
    { ename, evalue, traceback, status: 'error' },
  );
});

test('a failed cell gives up what is queued by then, and nothing that comes later', async () => {
  const ask = (code: string, given: Content = {}): string => kernel.send('execute_request', { code, ...given });
  const running = ask("console.log('go'); await new Promise(() => {})");
  const queued = [ask('1'), ask('2', { stop_on_error: false })];
  await kernel.printed(running, 'go');
  await kernel.request('kernel_info_request', {}); // what was sent before has come, too
  await kernel.request('interrupt_request', {}, 'control');
  assert.is((await kernel.reply(running)).content.status, 'error');
  for (const id of queued) {
    assert.equal((await kernel.reply(id)).content, { status: 'aborted' });
    await kernel.idle(id);
    assert.equal(typesIn(kernel.outputsOf(id)), ['busy', 'idle']);
  }
  assert.is((await kernel.run('3')).reply.status, 'ok');
});

test('with stop_on_error false the others run', async () => {
  const failing = kernel.send('execute_request', { code: 'throw 1', stop_on_error: false });
  const next = kernel.send('execute_request', { code: '1' });
  assert.is((await kernel.reply(failing)).content.status, 'error');
  assert.is((await kernel.reply(next)).content.status, 'ok');
});

test('a silent cell says nothing of itself and is not counted', async () => {
  const before = (await kernel.run('0')).reply.execution_count;
  const { reply, outputs } = await kernel.run('7', { silent: true });
  assert.is(reply.status, 'ok');
  assert.equal(typesIn(outputs), ['busy', 'idle']);
  assert.is((await kernel.run('0')).reply.execution_count, Number(before) + 1);
});

test('without store_history it shows its result, and is neither counted nor found again', async () => {
  const before = (await kernel.run('0')).reply.execution_count;
  const { reply, outputs } = await kernel.run("'not' + ' kept'", { store_history: false });
  assert.is(resultIn(outputs), "'not kept'");
  assert.is(reply.execution_count, before);
  const { content } = await kernel.request('history_request', { hist_access_type: 'search', pattern: '*kept*' });
  assert.equal(content.history, []);
});

test('expressions are looked at when the cell has run, each for itself', async () => {
  const { reply } = await kernel.run('const one = 1', { user_expressions: { sum: 'one + 1', none: 'nowhere' } });
  const { sum, none } = reply.user_expressions as Readonly<Record<string, Content>>;
  assert.equal(sum, { status: 'ok', data: { 'text/plain': '2' }, metadata: {} });
  assert.equal([none?.status, none?.ename, none?.evalue], ['error', 'ReferenceError', 'nowhere is not defined']);
});

test('a display is updated in its place, and an output is cleared', async () => {
  const { outputs } = await kernel.run(
    "const shown = display({ 'text/html': '<b>1</b>' }, { raw: true }); shown.update({ 'text/html': '<b>2</b>' }); clearOutput({ wait: true }); shown",
  );
  assert.equal(typesIn(outputs).slice(2, -1), ['display_data', 'update_display_data', 'clear_output']);
  const first = contentOf(outputs, 'display_data') ?? {};
  const second = contentOf(outputs, 'update_display_data') ?? {};
  assert.equal(first.data, { 'text/plain': '[text/html]', 'text/html': '<b>1</b>' });
  assert.is((second.data as Content)['text/html'], '<b>2</b>');
  assert.equal(first.transient, second.transient);
  assert.type((first.transient as Content).display_id, 'string');
  assert.equal(contentOf(outputs, 'clear_output'), { wait: true });
});

test('a value of its own look is a rich result, bytes are base64', async () => {
  const code = "({ [Symbol.for('Jupyter.display')]: () => ({ 'text/html': '<i>me</i>' }) })";
  const { data } = contentOf((await kernel.run(code)).outputs, 'execute_result') ?? {};
  assert.is((data as Content)['text/html'], '<i>me</i>');
  const { outputs } = await kernel.run("display({ 'image/png': new Uint8Array([1, 2, 3]) }, { raw: true })");
  assert.is((contentOf(outputs, 'display_data')?.data as Content | undefined)?.['image/png'], 'AQID');
});

test('names complete where the cursor is, counted in code points', async () => {
  const code = "'𝒙𝒙'; client.createB";
  const { content } = await kernel.request('complete_request', { code, cursor_pos: [...code].length });
  assert.equal(content.matches, ['createBackend']);
  assert.equal([content.cursor_start, content.cursor_end], [[...code].length - 7, [...code].length]);
  const { content: commands } = await kernel.request('complete_request', { code: '.stat', cursor_pos: 5 });
  assert.equal(commands.matches, ['status']);
});

test('a name is explained, and one that there is not is not found', async () => {
  await kernel.run('const model = { layers: 3 }');
  const ask = (code: string): Promise<Message> =>
    kernel.request('inspect_request', { code, cursor_pos: 3, detail_level: 0 });
  const { content } = await ask('model');
  assert.is(content.found, true);
  assert.match(String(textIn(content)), /layers: 3/);
  assert.equal((await ask('nothing')).content, { status: 'ok', found: false, data: {}, metadata: {} });
});

test('x? opens the pager, and commands with a dot run as at the prompt', async () => {
  await kernel.run('const asked = 1');
  const { reply, outputs } = await kernel.run('asked?');
  assert.equal(typesIn(outputs), ['busy', 'execute_input', 'idle']);
  const [page] = reply.payload as readonly Content[];
  assert.is(page?.source, 'page');
  assert.match(String(textIn(page)), /const asked/);
  assert.match(String(resultIn((await kernel.run('.status')).outputs)), /^notebook\b/);
  assert.match(String(resultIn((await kernel.run('.help')).outputs)), /\.traffic /);
  assert.match(String((await kernel.run('.statsu')).reply.evalue), /there is no command '\.statsu'/);
});

test('what is complete, goes on or cannot be is told apart', async () => {
  const ask = async (code: string): Promise<Content> => (await kernel.request('is_complete_request', { code })).content;
  for (const code of ['1', 'for (;;) { break }', '.status', 'client?'])
    assert.equal(await ask(code), { status: 'complete' });
  assert.equal(await ask('if (true) {'), { status: 'incomplete', indent: '  ' });
  assert.equal(await ask('const = 1'), { status: 'invalid' });
});

test('comms are opened, told and closed from either side; nobody’s target is refused', async () => {
  await kernel.run(
    "comms.register('double', (comm, { data }) => { comm.onMessage = ({ data, buffers }) => comm.send({ twice: 2 * data.n }, { buffers }); comm.onClose = () => console.log('closed'); console.log('opened with ' + data.first) })",
  );
  const of = (type: string, comm: string): Promise<Message> =>
    kernel.until(({ header, content }) => header.msg_type === type && content.comm_id === comm);
  const opened = kernel.send('comm_open', { comm_id: 'c1', target_name: 'double', data: { first: 1 } });
  await kernel.printed(opened, 'opened with 1');
  kernel.send('comm_msg', { comm_id: 'c1', data: { n: 21 } });
  assert.equal((await of('comm_msg', 'c1')).content, { comm_id: 'c1', data: { twice: 42 } });
  const info = async (given: Content): Promise<unknown> =>
    (await kernel.request('comm_info_request', given)).content.comms;
  assert.equal(await info({}), { c1: { target_name: 'double' } });
  assert.equal(await info({ target_name: 'other' }), {});
  const closed = kernel.send('comm_close', { comm_id: 'c1', data: {} });
  await kernel.printed(closed, 'closed');
  assert.equal(await info({}), {});
  kernel.send('comm_open', { comm_id: 'c2', target_name: 'nobody', data: {} });
  await of('comm_close', 'c2');
  const { outputs } = await kernel.run("var mine = comms.open('chart', { n: 1 }); mine.close(); mine.send(2)");
  assert.equal(typesIn(outputs).slice(2, -1), ['comm_open', 'comm_close']);
  assert.equal(contentOf(outputs, 'comm_open')?.target_name, 'chart');
});

test('a cell asks whoever runs it, and nobody who cannot answer', async () => {
  const id = kernel.send('execute_request', {
    code: "const name = await input('Name? '); name.toUpperCase()",
    allow_stdin: true,
  });
  const { content, parent } = await kernel.received('input_request');
  assert.equal(content, { prompt: 'Name? ', password: false });
  assert.is(parent?.msg_id, id);
  kernel.send('input_reply', { value: 'ada' }, 'stdin');
  assert.is((await kernel.reply(id)).content.status, 'ok');
  await kernel.idle(id);
  assert.is(resultIn(kernel.outputsOf(id)), "'ADA'");
  const { reply } = await kernel.run("await input('Name? ')");
  assert.match(String(reply.evalue), /whoever runs this cell cannot be asked 'Name\? '/);
});

test('the history is had by its end, by range and by pattern', async () => {
  await kernel.run("'first of three'");
  await kernel.run("'second of three'");
  await kernel.run("'second of three'");
  const ask = async (given: Content): Promise<readonly (readonly unknown[])[]> =>
    (await kernel.request('history_request', { output: false, raw: true, ...given })).content.history as [];
  const tail = await ask({ hist_access_type: 'tail', n: 3 });
  assert.equal(
    tail.map(([, , code]) => code),
    ["'first of three'", "'second of three'", "'second of three'"],
  );
  const [[session, line] = []] = tail;
  assert.equal(await ask({ hist_access_type: 'range', session, start: line, stop: Number(line) + 1 }), [tail[0]]);
  assert.equal(await ask({ hist_access_type: 'range', session: 0, start: line, stop: Number(line) + 1 }), [tail[0]]);
  assert.is((await ask({ hist_access_type: 'search', pattern: '*of three*' })).length, 3);
  assert.is((await ask({ hist_access_type: 'search', pattern: '*of three*', unique: true })).length, 2);
  assert.equal(await ask({ hist_access_type: 'search', pattern: '*of three*', n: 1 }), [tail[2]]);
  const [[, , withOutput] = []] = await ask({ hist_access_type: 'tail', n: 1, output: true });
  assert.equal(withOutput, ["'second of three'", "'second of three'"]);
});

test('what is not signed with its key, or no message at all, is not heeded', async () => {
  const forged = new WireFormat('not the key').encode({
    ...{ type: 'execute_request', content: { code: 'globalThis.forged = true' }, parent: null, identities: [] },
  });
  await kernel.sendFrames(forged);
  await kernel.sendFrames([Buffer.from('no message')]);
  const { content } = await kernel.request('execute_request', { code: 7 });
  assert.is(content.status, 'error');
  assert.is(resultIn((await kernel.run('typeof forged')).outputs), "'undefined'");
});

test('five thousand lines are all there, in order, in few messages', async () => {
  const { outputs } = await kernel.run('for (let n = 0; n < 5000; n++) console.log(n)');
  assert.is(printedIn(outputs), Array.from({ length: 5000 }, (_, n) => `${n}\n`).join(''));
  assert.ok(outputs.length < 500, `${outputs.length} messages`);
  const displays = await kernel.run(
    "for (let n = 0; n < 500; n++) display({ 'text/html': 'x'.repeat(20_000) }, { raw: true })",
  );
  assert.is(typesIn(displays.outputs).filter((type) => type === 'display_data').length, 500);
});

test.run();
