import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ServeEvent } from '../../lib/domain/event.ts';
import { EventLog, formatEvent } from '../../lib/telemetry/event-log.ts';

const test = suite('event log');
const AT = '2026-01-02T03:04:05.678Z';

const started = (replica: string, message = 'ready'): ServeEvent => ({
  type: 'replica.started',
  at: AT,
  backend: 'b',
  replica,
  message,
});

const subjects = (events: readonly ServeEvent[]): string[] =>
  events.map((event) => (event.type === 'replica.started' ? event.replica : event.type));

test('recent events come oldest first, and no more than asked for', () => {
  const log = new EventLog();
  for (const replica of ['a', 'b', 'c']) log.append(started(replica));
  assert.equal(subjects(log.recent()), ['a', 'b', 'c']);
  assert.equal(subjects(log.recent(2)), ['b', 'c']);
  assert.equal(log.recent(0), []);
  assert.equal(new EventLog().recent(5), []);
});

test('the newest thousand are kept, however many there were', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3_500 }), fc.integer({ min: 0, max: 1_200 }), (total, asked) => {
      const log = new EventLog();
      const all = Array.from({ length: total }, (_, at) => `${at}`);
      for (const replica of all) log.append(started(replica));
      const count = Math.min(asked, 1_000, total);
      assert.equal(subjects(log.recent(asked)), all.slice(total - count));
    }),
    { numRuns: 30 },
  );
});

test('a listener hears what happens until it unsubscribes', () => {
  const log = new EventLog();
  const heard: string[] = [];
  log.append(started('before'));
  const end = log.subscribe((event) => heard.push(...subjects([event])));
  log.append(started('during'));
  end();
  end();
  log.append(started('after'));
  assert.equal(heard, ['during']);
});

test('a function subscribed twice is told twice and ends one at a time', () => {
  const log = new EventLog();
  const heard: ServeEvent[] = [];
  const listener = (event: ServeEvent): void => void heard.push(event);
  const end = log.subscribe(listener);
  log.subscribe(listener);
  log.append(started('a'));
  end();
  log.append(started('b'));
  assert.equal(subjects(heard), ['a', 'a', 'b']);
});

test('a listener that fails does not keep the event from others, and is an event', () => {
  const log = new EventLog();
  const heard: ServeEvent[] = [];
  log.subscribe(() => {
    throw new Error('full pipe');
  });
  log.subscribe((event) => heard.push(event));
  log.append(started('a'));
  assert.equal(subjects(heard), ['a']);
  assert.equal(subjects(log.recent()), ['a', 'error.unhandled']);
  assert.match(log.recent(1)[0]?.message ?? '', 'a listener failed: full pipe');
});

test('a huge text is clipped', () => {
  const log = new EventLog();
  const huge = 'x'.repeat(1e6);
  log.append({ type: 'error.unhandled', at: AT, source: 'proxy', message: huge, stack: huge });
  assert.ok(JSON.stringify(log.recent()).length < 20_000);
});

test('a printed event is its time, level, type, subject and message', () => {
  assert.is(formatEvent(started('b#1')), `${AT} info    replica.started   b#1  ready`);
  const died: ServeEvent = {
    type: 'replica.died',
    at: AT,
    backend: 'b',
    replica: 'b#2',
    message: 'exit 9',
    retryInMs: 100,
  };
  assert.is(formatEvent(died), `${AT} error   replica.died      b#2  exit 9`);
});

test('text cannot forge a line, colour a terminal or turn the reading direction', () => {
  const line = formatEvent(started('b\u001b]0;title\u0007', 'a\r\nb\u001b[31m\u009b1m\u2028\u202e\u{e0001}\ud800'));
  assert.is(
    line.slice(line.indexOf('b\\')),
    'b\\u{1b}]0;title\\u{7}  a\\r\\nb\\u{1b}[31m\\u{9b}1m\\u{2028}\\u{202e}\\u{e0001}\\u{d800}',
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (replica, message) => {
      assert.not.match(formatEvent(started(replica, message)), /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    }),
  );
});

test('ordinary text of any language is printed as it is', () => {
  assert.ok(formatEvent(started('b#1', 'Größe überschritten — 模型 🙂')).endsWith('Größe überschritten — 模型 🙂'));
});

test.run();
