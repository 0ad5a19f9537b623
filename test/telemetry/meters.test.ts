import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { NO_STATS } from '../../lib/domain/stats.ts';
import { Meters } from '../../lib/telemetry/meters.ts';

const test = suite('meters');

const sum = (counts: readonly number[] = []): number => counts.reduce((total, count) => total + count, 0);

test('a finished query counts as a request, a failed one as an error too', () => {
  const meters = new Meters({ keep: 'declared' });
  meters.declareBackend('b');
  const meter = meters.backend('b');
  meter.finished(1, 5, false, 0);
  meter.finished(1, 7, true, 0);
  const [counts] = meters.counts().backends;
  assert.equal([counts?.requests, counts?.errors, counts?.processing.sum], [2, 1, 12]);
  assert.equal([meters.backendStats('b', 1_000).rate, meters.backendStats('b', 1_000).errorRate], [2, 1]);
});

test('a query that never reached user code has a queuing time and no processing time', () => {
  const meters = new Meters({ keep: 'everything' });
  meters.backend('b').finished(30, null, true, 0);
  const [counts] = meters.counts().backends;
  assert.equal([counts?.requests, counts?.errors], [1, 1]);
  assert.equal([sum(counts?.queuing.counts), sum(counts?.processing.counts)], [1, 0]);
  assert.equal(meters.backendStats('b', 1_000), { rate: 1, errorRate: 1, p50Ms: null, p95Ms: null, p99Ms: null });
});

test('an endpoint counts what was routed when it comes and its latency when it ends', () => {
  const meters = new Meters({ keep: 'everything' });
  const meter = meters.endpoint('e');
  meter.routed();
  meter.routed();
  meter.finished(10, true, 0, 'b');
  assert.equal(meters.counts().endpoints, [{ endpoint: 'e', routed: 2 }]);
  assert.equal([meters.endpointStats('e', 0).rate, meters.endpointStats('e', 0).errorRate], [1, 1]);
});

test('the meter of a name is one object until it is forgotten', () => {
  const meters = new Meters({ keep: 'everything' });
  const [backend, endpoint] = [meters.backend('x'), meters.endpoint('x')];
  backend.finished(1, 1, false, 0);
  meters.takeDelta();
  assert.is(meters.backend('x'), backend);
  assert.is(meters.endpoint('x'), endpoint);
  meters.forgetBackend('x');
  assert.is.not(meters.backend('x'), backend);
});

test('what is declared is there at zero, what is idle or unknown shows no stats', () => {
  const meters = new Meters({ keep: 'declared' });
  meters.declareBackend('b');
  meters.declareEndpoint('e');
  assert.is(meters.counts().backends[0]?.requests, 0);
  assert.equal(meters.counts().endpoints, [{ endpoint: 'e', routed: 0 }]);
  for (const stats of [meters.backendStats('b', 0), meters.backendStats('no', 0), meters.endpointStats('no', 0)]) {
    assert.equal(stats, NO_STATS);
  }
});

test('declaring again keeps the numbers', () => {
  const meters = new Meters({ keep: 'declared' });
  meters.declareBackend('b');
  meters.backend('b').finished(1, 1, false, 0);
  meters.declareBackend('b');
  assert.is(meters.counts().backends[0]?.requests, 1);
});

test('a delta carries everything once, through a clone', () => {
  const replica = new Meters({ keep: 'everything' });
  const main = new Meters({ keep: 'declared' });
  main.declareBackend('b');
  main.declareEndpoint('e');
  for (let round = 0; round < 3; round += 1) {
    replica.endpoint('e').routed();
    replica.endpoint('e').finished(20, false, 99_000_000, 'b');
    replica.backend('b').finished(2, 10, round === 0, 99_000_000);
    replica.replicaStarted('b', 'b#1');
    replica.httpFinished('/e', 'GET', 200, 21);
    const delta = replica.takeDelta();
    assert.ok(delta);
    main.merge(structuredClone(delta), 0);
    main.merge(JSON.parse(JSON.stringify(delta)), 0);
  }
  assert.is(replica.takeDelta(), null);
  const { endpoints, backends, http } = main.counts();
  assert.equal(endpoints, [{ endpoint: 'e', routed: 6 }]);
  assert.equal([backends[0]?.requests, backends[0]?.errors, backends[0]?.processing.sum], [6, 2, 60]);
  assert.equal(backends[0]?.replicaStarts, [['b#1', 6]]);
  assert.equal([http[0]?.statuses, http[0]?.latency.sum], [[[200, 6]], 126]);
  assert.equal([main.endpointStats('e', 1_000).rate, main.backendStats('b', 1_000).errorRate], [6, 2]);
});

test('a late delta, a late record and a late start do not bring a forgotten name back', () => {
  const replica = new Meters({ keep: 'everything' });
  replica.backend('b').finished(1, 1, false, 0);
  replica.endpoint('e').routed();
  const delta = replica.takeDelta();
  assert.ok(delta);
  const main = new Meters({ keep: 'declared' });
  main.declareBackend('b');
  main.declareEndpoint('e');
  const [backend, endpoint] = [main.backend('b'), main.endpoint('e')];
  main.forgetBackend('b');
  main.forgetEndpoint('e');
  main.merge(delta, 0);
  backend.finished(1, 1, false, 0);
  endpoint.routed();
  main.backend('b').finished(1, 1, false, 0);
  main.replicaStarted('b', 'b#1');
  assert.equal(main.counts(), { endpoints: [], backends: [], http: [] });
  main.declareBackend('b');
  assert.is(main.counts().backends[0]?.requests, 0);
});

test('HTTP requests count by route, method and status, their latency by route and method', () => {
  const meters = new Meters({ keep: 'declared' });
  meters.httpFinished('/a', 'GET', 200, 1);
  meters.httpFinished('/a', 'GET', 404, 3);
  meters.httpFinished('/a', 'POST', 200, 5);
  const found = meters
    .counts()
    .http.map(({ route, method, statuses, latency }) => [route, method, statuses, latency.sum]);
  assert.equal(found, [
    [
      '/a',
      'GET',
      [
        [200, 1],
        [404, 1],
      ],
      4,
    ],
    ['/a', 'POST', [[200, 1]], 5],
  ]);
  meters.forgetRoute('/a');
  assert.equal(meters.counts().http, []);
});

test('a hundred thousand unmatched paths are one series', () => {
  const meters = new Meters({ keep: 'declared' });
  for (let at = 0; at < 1e5; at += 1) meters.httpFinished('unmatched', 'GET', 404, 0.1);
  assert.equal(
    meters.counts().http.map(({ statuses }) => statuses),
    [[[404, 100_000]]],
  );
});

test('a backend whose replicas keep dying does not grow without end', () => {
  const meters = new Meters({ keep: 'everything' });
  for (let at = 0; at < 5_000; at += 1) meters.replicaStarted('b', `b#${at}`);
  const starts = meters.counts().backends[0]?.replicaStarts ?? [];
  assert.equal([starts.length, starts.at(-1)], [1_000, ['b#4999', 1]]);
});

test.run();
