import { once } from 'node:events';
import { Writable } from 'node:stream';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { limitStream } from '../../lib/replica/output.ts';
import type { OutputLimits } from '../../lib/replica/output-budget.ts';

const test = suite('what a replica prints');
const LIMITS: OutputLimits = { linesPerSecond: 2, bytesPerSecond: 1000, burstLines: 4, burstBytes: 1000 };

class Clock {
  ms = 0;
  #timers: { readonly at: number; readonly work: () => void }[] = [];

  now(): number {
    return this.ms;
  }

  after(ms: number, work: () => void): void {
    this.#timers.push({ at: this.ms + ms, work });
  }

  /** Lets time pass; what is due runs at its own time. */
  pass(ms: number): void {
    const end = this.ms + ms;
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.ms = due.at;
      due.work();
    }
    this.ms = end;
  }
}

/** A stream whose other side takes what it is given at once, or when it is told to. */
function newStream({ limits = LIMITS, isTaking = true } = {}) {
  const written: unknown[] = [];
  const waiting: (() => void)[] = [];
  const stream = new Writable({
    decodeStrings: false,
    highWaterMark: 16_384,
    write(chunk, encoding, done) {
      written.push(typeof chunk === 'string' && encoding !== 'utf8' ? Buffer.from(chunk, encoding) : chunk);
      if (isTaking) done();
      else waiting.push(done);
    },
  });
  const clock = new Clock();
  const limited = limitStream(stream, 'echo#1', limits, clock);
  const text = (): string => Buffer.concat(written.map((chunk) => Buffer.from(chunk as string))).toString();
  const take = (): void => {
    for (const done of waiting.splice(0)) done();
  };
  return { stream, clock, written, text, take, limited };
}

const notice = (count: number): string => `servelab: replica 'echo#1': ${count} lines dropped\n`;

test('within the limits every write is passed on as it is, in order', async () => {
  const { stream, written } = newStream();
  const bytes = new Uint8Array([1, 2, 3]);
  const called: string[] = [];
  assert.ok(stream.write('a\n', () => called.push('a')));
  assert.ok(stream.write(bytes));
  assert.ok(
    stream.write('é', 'latin1', () => called.push('é')),
    'with an encoding and a callback',
  );
  assert.equal(called, [], 'callbacks come later');
  await new Promise((resolve) => stream.write('', resolve));
  assert.equal(called, ['a', 'é']);
  assert.equal(written, ['a\n', Buffer.from(bytes), Buffer.from([0xe9]), '']);
  assert.is((written[1] as Uint8Array).buffer, bytes.buffer, 'not a copy');
});

test('beyond them whole lines are dropped, and once a second a line says how many', () => {
  const { stream, clock, text } = newStream();
  for (let line = 1; line <= 10; line += 1) stream.write(`line ${line}\n`);
  const first = 'line 1\nline 2\nline 3\nline 4\n';
  assert.is(text(), first);
  clock.pass(999);
  assert.is(text(), first);
  clock.pass(1);
  assert.is(text(), first + notice(6));
  clock.pass(60_000);
  assert.is(text(), first + notice(6), 'nothing more was dropped');
  stream.write('again\n');
  assert.is(text(), `${first}${notice(6)}again\n`);
});

test('a loop that never lets a timer run is told of by its own writes', () => {
  const { stream, clock, text } = newStream();
  for (let line = 0; line < 300; line += 1) {
    stream.write('x\n');
    clock.ms += 10;
  }
  const notices = text().match(/servelab.*/g);
  assert.is(notices?.length, 2, text());
  assert.is(text().match(/^x$/gm)?.length, 4 + 5, 'the burst, and two a second');
});

test('of a write that is too large its first lines are printed', () => {
  const { stream, clock, text } = newStream();
  stream.write(Buffer.from('1\n2\n3\n4\n5\n6\n'));
  assert.is(text(), '1\n2\n3\n4\n');
  clock.pass(1000);
  assert.is(text(), `1\n2\n3\n4\n${notice(2)}`);
});

test('a line longer than the burst is dropped whole', () => {
  const { stream, clock, text } = newStream();
  stream.write(`${'x'.repeat(1001)}\nshort\n`);
  stream.write('after\n');
  clock.pass(1000);
  assert.is(text(), `after\n${notice(2)}`);
});

test('a line that was begun is cut, and its end goes with it', () => {
  const { stream, clock, text } = newStream();
  stream.write('1\n2\n3\nbegun ');
  stream.write('it ');
  stream.write('goes on');
  stream.write(' to here\nnext\n');
  assert.is(text(), '1\n2\n3\nbegun \n');
  clock.pass(1000);
  assert.is(text(), `1\n2\n3\nbegun \n${notice(2)}`);
  stream.write('rest');
  assert.is(text(), `1\n2\n3\nbegun \n${notice(2)}rest`);
});

test('the rest of a dropped line is dropped when there is room again, and not counted twice', () => {
  const { stream, clock, text } = newStream();
  for (let line = 0; line < 4; line += 1) stream.write('x\n');
  stream.write('begun ');
  clock.pass(1000);
  stream.write('its end\nnew\n');
  clock.pass(5000);
  assert.is(text(), `${'x\n'.repeat(4)}${notice(1)}new\n`);
});

test('a notice stands on a line of its own, behind the line that is being written', () => {
  const { stream, clock, text, limited } = newStream();
  for (let line = 0; line < 5; line += 1) stream.write('x\n');
  clock.ms = 600;
  stream.write('half');
  clock.pass(1000);
  stream.write(' and half\n');
  assert.is(text(), `${'x\n'.repeat(4)}half and half\n${notice(1)}`);
  for (let line = 0; line < 5; line += 1) stream.write('x\n');
  clock.pass(600);
  stream.write('the end');
  limited.tell();
  assert.ok(text().endsWith(`the end\n${notice(4)}`), text());
});

test('a write without a line break counts as a line, and bytes count as bytes', () => {
  const { stream, text } = newStream();
  for (let dot = 0; dot < 10; dot += 1) stream.write('.');
  assert.is(text(), '....\n');
  const wide = newStream();
  wide.stream.write(`${'é'.repeat(499)}\n`);
  wide.stream.write('ab\n');
  assert.is(wide.text(), `${'é'.repeat(499)}\n`, '999 bytes are gone, and 3 more do not fit');
});

test('what the stream refuses it still refuses itself', () => {
  const { stream, text } = newStream();
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  assert.throws(() => write(17), /ERR_INVALID_ARG_TYPE|must be of type string/);
  assert.throws(() => write(null), /null/);
  assert.throws(() => write('x', 'no-such-encoding'), /Unknown encoding/);
  assert.ok(write(new Uint16Array([0x0a41])));
  assert.is(text(), 'A\n');
});

test('the callbacks of dropped writes are called, later and without an error', async () => {
  const { stream } = newStream();
  const called: unknown[] = [];
  const same = (error: unknown): void => void called.push(error);
  for (let line = 0; line < 10; line += 1) stream.write('x\n', same);
  stream.write('x\n', () => called.push('last'));
  assert.equal(called, []);
  await new Promise((resolve) => setImmediate(resolve));
  assert.is(called.length, 11);
  assert.equal(
    called.filter((error) => error !== null && error !== undefined),
    ['last'],
  );
});

test('what the other side does not take stays bounded, by writes and by bytes', () => {
  const byWrites = newStream({ isTaking: false, limits: { ...LIMITS, linesPerSecond: 1000 } });
  for (let second = 0; second < 100; second += 1) {
    byWrites.stream.write('x\n');
    byWrites.clock.pass(1000);
  }
  assert.is(byWrites.stream.writableLength, 8, 'four writes of two bytes');
  const byBytes = newStream({ isTaking: false, limits: { ...LIMITS, burstLines: 1000, bytesPerSecond: 1e6 } });
  for (let second = 0; second < 100; second += 1) {
    byBytes.stream.write(`${'x'.repeat(599)}\n`);
    byBytes.clock.pass(1000);
  }
  assert.is(byBytes.stream.writableLength, 1200);
});

test('the notice waits for the other side, too, and tells of everything since', async () => {
  const { stream, clock, text, take } = newStream({ isTaking: false });
  for (let line = 0; line < 6; line += 1) stream.write('x\n');
  clock.pass(3000);
  assert.is(text(), 'x\n');
  stream.write('x\n');
  for (let line = 0; line < 4; line += 1) {
    take();
    await new Promise((resolve) => setImmediate(resolve));
  }
  clock.pass(1000);
  take();
  await new Promise((resolve) => setImmediate(resolve));
  assert.is(text(), `${'x\n'.repeat(4)}${notice(3)}`);
});

test('who waits for the stream to drain is called, also when its write was dropped', async () => {
  const { stream, take } = newStream({ isTaking: false, limits: { ...LIMITS, burstBytes: 20_000 } });
  stream.write(`${'x'.repeat(16_383)}\n`);
  assert.not.ok(stream.write(`${'x'.repeat(16_383)}\n`), 'dropped while the stream is full');
  const drained = once(stream, 'drain');
  take();
  await drained;
  assert.ok(stream.write('x\n'));
});

test('a stream that has ended says so itself', async () => {
  const { stream } = newStream();
  stream.end();
  const failed = once(stream, 'error');
  stream.write('x\n');
  assert.match(String((await failed)[0]), /write after end/);
});

test('of any writes, what is printed are lines of them in order, and none is unaccounted for', () => {
  const lines = fc.array(fc.stringMatching(/^[a-z ]{0,12}$/), { maxLength: 60 });
  const sizes = fc.infiniteStream(fc.integer({ min: 1, max: 40 }));
  const waits = fc.infiniteStream(fc.integer({ min: 0, max: 900 }));
  fc.assert(
    fc.property(lines, sizes, waits, fc.boolean(), (texts, lengths, pauses, asBytes) => {
      const { stream, clock, text } = newStream({ limits: { ...LIMITS, burstBytes: 60, bytesPerSecond: 20 } });
      // Numbered, so that each line is like no other.
      const all = texts.map((line, at) => `${at}:${line}\n`).join('');
      for (let at = 0; at < all.length; ) {
        const chunk = all.slice(at, at + lengths.next().value);
        stream.write(asBytes ? Buffer.from(chunk) : chunk);
        at += chunk.length;
        clock.pass(pauses.next().value);
      }
      clock.pass(10_000);
      const whole = new Set(all.split('\n').slice(0, -1));
      const printed = text().split('\n').slice(0, -1);
      const dropped = printed.flatMap((line) => /(\d+) lines dropped$/.exec(line)?.[1] ?? []).map(Number);
      const kept = printed.filter((line) => whole.has(line));
      const isCut = (line: string): boolean => [...whole].some((one) => one.startsWith(line) && one !== line);
      for (const line of printed) assert.ok(whole.has(line) || /lines dropped$/.test(line) || isCut(line), line);
      assert.equal(
        kept,
        [...whole].filter((line) => kept.includes(line)),
        'in order',
      );
      assert.is(kept.length + dropped.reduce((sum, count) => sum + count, 0), whole.size);
    }),
    { numRuns: 300 },
  );
});

test.run();
