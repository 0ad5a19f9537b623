import * as assert from 'uvu/assert';
import { isolationSuite } from '../support/isolations.ts';
import { request, statuses } from '../support/load.ts';
import { answersIn, recordedIn, requireAgreement, requireAllServed, type Span, scene } from './control-fixture.ts';

const test = isolationSuite('a route that moves under load');

test.threads(
  'setTraffic moves a route to another backend 100 times without one 404 or one answer of the wrong owner',
  scene(async ({ client, ledger, recorder, load }) => {
    for (const tag of ['a', 'b']) await client.createBackend(tag, recorder(tag));
    await client.createEndpoint('page', { backend: 'a', route: '/page' });
    const running = load('/page');
    const spans: Span<string>[] = [];
    for (let move = 1; move <= 100; move++) {
      const value = move % 2 === 0 ? 'a' : 'b';
      await client.setTraffic('page', { [value]: 1 });
      const from = performance.now();
      await running.more(64);
      spans.push({ value, from, until: performance.now() });
    }
    const answers = await running.stop();
    for (const span of spans) {
      const inside = answersIn(answers, span);
      assert.ok(inside.length > 0);
      assert.ok(inside.every((answer) => recordedIn(answer).version === span.value));
    }
    requireAllServed(answers, ledger);
  }),
);

// An endpoint keeps its route for life, so this takes two calls, and between them nobody owns the route. Only the
// change of traffic above is atomic.
test.threads(
  'a route that goes from one endpoint to another is a 404 between the two calls, and never its old owner’s after them',
  scene(async ({ client, url, ledger, recorder, load }) => {
    for (const tag of ['a', 'b']) await client.createBackend(tag, recorder(tag));
    await client.createEndpoint('page-a', { backend: 'a', route: '/page' });
    const running = load('/page');
    const probes = [];
    const spans: Span<string>[] = [];
    for (let move = 1; move <= 100; move++) {
      const [from, to] = move % 2 === 0 ? ['b', 'a'] : ['a', 'b'];
      await client.deleteEndpoint(`page-${from}`);
      probes.push(await request(`${url}/page`, `between-${move}`));
      await client.createEndpoint(`page-${to}`, { backend: to, route: '/page' });
      const start = performance.now();
      await running.more(64);
      spans.push({ value: to, from: start, until: performance.now() });
    }
    const answers = await running.stop();
    assert.equal(statuses(probes), { 404: 100 });
    assert.ok(probes.every(({ body }) => body.includes('"ROUTE_NOT_FOUND"')));
    assert.equal(Object.keys(statuses(answers)), ['200', '404'], JSON.stringify(statuses(answers)));
    for (const span of spans) {
      const inside = answersIn(answers, span);
      assert.ok(inside.length > 0);
      assert.ok(inside.every((answer) => answer.status === 200 && recordedIn(answer).version === span.value));
    }
    requireAgreement([...answers, ...probes], ledger);
  }),
);

test.run();
