/** What a kernel is made of, without one: messages, places in a text, its history, what stands together. */
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { toCodePoints, toUtf16 } from '../../../repl/kernel/code-points.ts';
import { readConnectionFile } from '../../../repl/kernel/connection-file.ts';
import { KernelHistory } from '../../../repl/kernel/history.ts';
import { Iopub } from '../../../repl/kernel/iopub.ts';
import { logoPng } from '../../../repl/kernel/logo.ts';
import { type Header, type Outgoing, WireFormat } from '../../../repl/kernel/wire-message.ts';
import { fails } from '../../support/instance.ts';

const test = suite('parts of a kernel');

const folder = mkdtempSync(join(tmpdir(), 'servelab-kernel-parts-'));
test.after(() => rmSync(folder, { recursive: true }));

const header = (id: string): Header => ({
  ...{ msg_id: id, msg_type: 'execute_request', session: 's', username: 'u', date: 'd', version: '5.3' },
});

test('a message is read as it was written, and signed as HMAC-SHA256 of its four parts', () => {
  const format = new WireFormat('secret');
  const buffers = [Buffer.from([0, 255])];
  const outgoing = { type: 'comm_msg', content: { data: 'é' }, parent: header('p'), identities: [Buffer.from('who')] };
  const frames = format.encode({ ...outgoing, metadata: { m: 1 }, buffers });
  const signature = createHmac('sha256', 'secret')
    .update(Buffer.concat(frames.slice(3, 7)))
    .digest('hex');
  assert.is(frames[1]?.toString(), '<IDS|MSG>');
  assert.is(frames[2]?.toString(), signature);
  const message = format.decode(frames);
  if ('refused' in message) throw new Error(message.refused);
  assert.is(message.header.msg_type, 'comm_msg');
  assert.equal([message.parent, message.content, message.metadata], [header('p'), { data: 'é' }, { m: 1 }]);
  assert.equal([message.identities, message.buffers], [[Buffer.from('who')], buffers]);
});

test('what is not a message of this key is refused, whatever it is', () => {
  const format = new WireFormat('secret');
  const good = format.encode({ type: 'x', content: {}, parent: null, identities: [] });
  const other = new WireFormat('other').encode({ type: 'x', content: {}, parent: null, identities: [] });
  const isRefused = (frames: readonly Buffer[]): boolean => 'refused' in format.decode(frames);
  assert.not(isRefused(good));
  assert.ok(isRefused(other));
  assert.ok(isRefused([]) && isRefused(good.slice(0, 5)));
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), (parts) =>
      isRefused(parts.map((part) => Buffer.from(part))),
    ),
  );
  const unsigned = new WireFormat('');
  for (const part of ['[]', 'null', '{', '"x"']) {
    const frames = ['<IDS|MSG>', '', part, '{}', '{}', '{}'].map((text) => Buffer.from(text));
    assert.ok('refused' in unsigned.decode(frames), part);
  }
});

test('places count code points there and back', () => {
  assert.is(toCodePoints('𝒙y', 2), 1);
  assert.is(toUtf16('𝒙y', 1), 2);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, place) => {
      const points = Math.min(place, [...text].length);
      return toCodePoints(text, toUtf16(text, points)) === points;
    }),
  );
});

test('lines of one cell and stream go together, and nothing overtakes them', () => {
  const sent: Outgoing[] = [];
  const iopub = new Iopub((message) => sent.push(message));
  const [one, two] = [header('1'), header('2')];
  iopub.print('stdout', 'a', one);
  iopub.print('stdout', 'b', one);
  iopub.print('stderr', 'c', one);
  iopub.print('stderr', 'd', two);
  iopub.status('idle', two);
  assert.equal(
    sent.map(({ content, parent }) => [content.text ?? content.execution_state, parent?.msg_id]),
    [
      ['ab', '1'],
      ['c', '1'],
      ['d', '2'],
      ['idle', '2'],
    ],
  );
  iopub.print('stdout', 'x'.repeat(100_000), one);
  assert.is(sent.length, 5);
});

test('the history goes on from kernel to kernel, also behind a damaged line', () => {
  const file = join(folder, 'deep', 'history.jsonl');
  const first = new KernelHistory(file);
  first.add(1, 'one\nline', '1');
  first.add(2, 'two', null);
  writeFileSync(file, `${readFileSync(file, 'utf8')}{"session":\n`);
  const second = new KernelHistory(file);
  second.add(1, 'three', '3');
  assert.equal(second.find({}), [
    [1, 1, 'one\nline'],
    [1, 2, 'two'],
    [2, 1, 'three'],
  ]);
  assert.equal(second.find({ hist_access_type: 'range', session: -1, start: 2 }), [[1, 2, 'two']]);
  assert.equal(second.find({ hist_access_type: 'range', output: true }), [[2, 1, ['three', '3']]]);
  assert.equal(second.find({ hist_access_type: 'search', pattern: 't*', n: 1 }), [[2, 1, 'three']]);
  assert.equal(second.find({ hist_access_type: 'search', pattern: 'one?line' }), [[1, 1, 'one\nline']]);
  assert.equal(second.find({ hist_access_type: 'search', pattern: '(' }), []);
  assert.throws(() => second.find({ hist_access_type: 'all' }), /hist_access_type/);
});

test('a long history is cut when a kernel begins', () => {
  const file = join(folder, 'long.jsonl');
  const lines = Array.from({ length: 10_001 }, (_, line) => JSON.stringify({ session: 1, line, code: String(line) }));
  writeFileSync(file, `${lines.join('\n')}\n`);
  const history = new KernelHistory(file);
  assert.is(history.find({}).length, 5_000);
  assert.equal(history.find({ n: 1 }), [[1, 10_000, '10000']]);
  assert.is(readFileSync(file, 'utf8').split('\n').length, 5_001);
});

test('a connection file says where to listen, or what is wrong with it', async () => {
  const file = join(folder, 'connection.json');
  const ports = { shell_port: 1, control_port: 2, stdin_port: 3, iopub_port: 4, hb_port: 5 };
  writeFileSync(file, JSON.stringify({ ip: '127.0.0.1', key: 'k', kernel_name: 'x', ...ports }));
  const { key, addresses } = readConnectionFile(file);
  assert.is(key, 'k');
  assert.is(addresses.iopub, 'tcp://127.0.0.1:4');
  writeFileSync(file, JSON.stringify({ ip: '/run/k', transport: 'ipc', ...ports }));
  assert.is(readConnectionFile(file).addresses.hb, 'ipc:///run/k-5');
  writeFileSync(file, JSON.stringify({ ip: '127.0.0.1', ...ports, hb_port: 70_000, signature_scheme: 'hmac-md5' }));
  await fails(() => readConnectionFile(file), 'INVALID_ARGUMENT', 'connection.json', 'hb_port', 'signature_scheme');
  await fails(() => readConnectionFile(join(folder, 'none.json')), 'INVALID_ARGUMENT', 'none.json', 'ENOENT');
});

test('the logo is a picture of its size', () => {
  const png = logoPng(64);
  assert.is(png.subarray(1, 4).toString(), 'PNG');
  assert.equal([png.readUInt32BE(16), png.readUInt32BE(20)], [64, 64]);
});

test.run();
