import { tmpdir } from 'node:os';
import type { ServeRequest } from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { LoadResult } from '../../../repl/commands/load-result.ts';
import type { Timing } from '../../../repl/commands/timeit.ts';
import { widthOf } from '../../../repl/display/width.ts';
import { PromptSession } from './prompt-session.ts';

const test = suite('commands that measure');

const session = await PromptSession.open('commands-measure', tmpdir());
const { instance } = session;

/** Fails every second request, and says what it was sent. */
class Moody {
  count = 0;

  async call(request: ServeRequest): Promise<unknown> {
    if (++this.count % 2 === 0) throw new RangeError('moody');
    return request.source === 'http' ? request.text() : request.data;
  }
}

await instance.createBackend('fine', (request: ServeRequest) => request.data ?? 'none');
await instance.createBackend('moody', Moody);
await instance.createBackend('stuck', () => new Promise(() => {}));
await instance.createEndpoint('fine', { backend: 'fine', route: '/fine' });
await instance.createEndpoint('moody', { backend: 'moody', route: '/moody', methods: ['GET', 'POST'] });
await instance.createEndpoint('stuck', { backend: 'stuck' });
await instance.createEndpoint('item', { backend: 'fine', route: '/items/{id:int}' });

test.after(() => session.close());

test('an expression is timed and gives its value, awaited', async () => {
  const sync = await session.run('.time 6 * 7;');
  assert.match(sync.printed, /^await show\.time\(\(\) => \(6 \* 7\)\)\n\d[\d.]* (?:ns|µs|ms)\n$/);
  assert.is(sync.result, '42');
  assert.is((await session.run(".time endpoints.fine('hi')")).result, "'hi'");
  const awaited = await session.run(".time (await endpoints.fine('hi')).length");
  assert.match(awaited.printed, /^await show\.time\(async \(\) => /);
  assert.is(awaited.result, '2');
  assert.is((await session.run('await show.time(() => 5)')).result, '5');
});

test('an expression that throws is told, and one that is none', async () => {
  assert.match((await session.run('.time null.x')).error ?? '', /TypeError/);
  assert.match((await session.run('.time 1 +')).error ?? '', /SyntaxError/);
  assert.match((await session.run('.time')).error ?? '', /INVALID_ARGUMENT the expression is missing; usage: \.time/);
});

test('it is timed again and again, in groups where it is short', async () => {
  const { printed, result, data } = await session.run('.timeit Math.sqrt(2) --for 100ms');
  assert.match(printed, /^await show\.timeit\(\(\) => \(Math\.sqrt\(2\)\), \{ forMs: 100 \}\)\n$/);
  assert.match(result ?? '', /^[\d ]+ runs one after the other, [\d ]+ at a time: [\d ]+ per second\np50 \d.*p95.*p99/);
  const { runs, groupSize, minMs, p50Ms, p95Ms, p99Ms, maxMs, perSecond } = data as Timing;
  assert.ok(groupSize > 1 && runs > groupSize, `${runs} in groups of ${groupSize}`);
  assert.ok(minMs <= p50Ms && p50Ms <= p95Ms && p95Ms <= p99Ms && p99Ms <= maxMs);
  assert.ok(perSecond > 0);
});

test('what is awaited is timed one by one', async () => {
  const { result, data } = await session.run('.timeit await endpoints.fine(1) --for 200ms');
  assert.match(result ?? '', /^[\d ]+ runs one after the other: [\d ]+ per second\n/);
  assert.is((data as Timing).groupSize, 1);
  const rejected = await session.run('.timeit endpoints.nope(1) --for 200ms');
  assert.match(rejected.error ?? '', /ENDPOINT_NOT_FOUND/);
  assert.match((await session.run('.timeit 1 --for soon')).error ?? '', /'soon' is no time .*usage: \.timeit/);
});

test('a load is sent on schedule, shown while it runs, and gives its figures', async () => {
  const { printed, displays, result, data } = await session.run('.load fine --rps 100 --for 1s --data {"a": 1}');
  assert.is(printed, "await show.load('fine', { rps: 100, forMs: 1000, data: { a: 1 } })\n");
  const load = data as LoadResult;
  assert.equal([load.sent, load.answered, load.errors, load.isInterrupted], [100, 100, [], false]);
  const { p50Ms = 0, p95Ms = 0, p99Ms = 0, maxMs = 0 } = load.latency ?? {};
  assert.ok(0 < p50Ms && p50Ms <= p95Ms && p95Ms <= p99Ms && p99Ms <= maxMs);
  assert.ok(load.ms >= 980, `${load.ms} ms`);
  assert.match(result ?? '', /^fine: 100 sent at 100\/s in .*\n100 answered, [\d.]+\/s\np50 /m);
  const [first, ...updates] = displays;
  assert.is(first?.type, 'display_data');
  assert.ok(updates.length > 0 && updates.every((one) => one.type === 'update_display_data'));
  assert.is(new Set(displays.map(({ display }) => display)).size, 1);
  assert.match(first?.data['text/plain'] ?? '', /^fine {2}█.*%.* of 1 s\nsent \d+ {2}answered \d+/);
  for (const { data: bundle } of displays) {
    for (const line of bundle['text/plain'].split('\n')) assert.ok(widthOf(line) <= 80, line);
  }
});

test('errors are counted by their code, not thrown', async () => {
  const { status, result, data } = await session.run('.load moody --rps 50 --for 400ms');
  assert.is(status, 'ok');
  const { sent, answered, errors } = data as LoadResult;
  assert.equal([sent, answered], [20, 10]);
  assert.equal(
    errors.map(({ code, count }) => [code, count]),
    [['BACKEND_ERROR', 10]],
  );
  assert.match(result ?? '', /10 × BACKEND_ERROR: .*moody/);
});

test('over HTTP it is sent to the route, as the endpoint takes it', async () => {
  const { data, error } = await session.run('.load fine --rps 50 --for 200ms --http');
  assert.is(error, null);
  assert.equal([(data as LoadResult).sent, (data as LoadResult).answered], [10, 10]);
  const posted = (await session.run('.load moody --rps 50 --for 200ms --http --data hi')).data as LoadResult;
  assert.equal([posted.sent, posted.answered, posted.errors.map(({ code }) => code)], [10, 5, ['BACKEND_ERROR']]);
  const path = (await session.run('.load item --rps 50 --for 200ms --path /items/5')).data as LoadResult;
  assert.is(path.answered, 10);
  const nowhere = (await session.run('.load item --rps 50 --for 200ms --path /nowhere')).data as LoadResult;
  assert.equal(
    nowhere.errors.map(({ code, count }) => [code, count]),
    [['ROUTE_NOT_FOUND', 10]],
  );
});

test('an interrupt ends it early, with what it has', async () => {
  let shown = 0;
  const { status, data, result } = await session.run('.load stuck --rps 20 --for 1m', (output) => {
    if (output.type.endsWith('display_data') && ++shown === 2) session.interrupt();
  });
  assert.is(status, 'ok');
  const { sent, answered, unanswered, isInterrupted } = data as LoadResult;
  assert.equal([answered, unanswered, isInterrupted], [0, sent, true]);
  assert.ok(sent >= 5 && sent < 1200);
  assert.match(result ?? '', /\(ended early\)\n0 answered, 0\/s, \d+ given up/);
  assert.is((await session.run('1 + 1')).result, '2', 'and the session goes on');
});

const BAD: readonly (readonly [line: string, said: RegExp])[] = [
  ['.load', /INVALID_ARGUMENT the endpoint is missing; usage: \.load <endpoint>/],
  ['.load fien', /ENDPOINT_NOT_FOUND .*did you mean 'fine'/],
  ['.load fine --rp 5', /no option '--rp'; did you mean --rps\?/],
  ['.load fine --rps x', /--rps must be a number, got 'x'/],
  ['.load fine --rps 0', /rps must be > 0 and <= 100000, got 0/],
  ['.load fine --rps 100000 --for 10m', /60000000 requests are more than/],
  ['.load fine --for 0s', /'0s' is no time/],
  ['.load fine --data {"a"', /is no JSON/],
  ['.load fine --http --data 1', /endpoint 'fine' takes GET, and data want one of POST, PUT, PATCH/],
  ['.load stuck --http', /endpoint 'stuck' has no route/],
  ['.load item --http', /has variables; say which path is meant: --path \/items\/1/],
  ['await show.load("fine", { rps: -1 })', /INVALID_ARGUMENT rps must be > 0/],
];

for (const [line, said] of BAD) {
  test(`${line} is refused`, async () => {
    const { status, error } = await session.run(line);
    assert.is(status, 'error');
    assert.match(error ?? '', said);
  });
}

test.run();
