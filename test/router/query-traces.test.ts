import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FROM_OUTSIDE } from '../../lib/domain/query.ts';
import type { EndpointEntry } from '../../lib/domain/routing-table.ts';
import { notesOfCopy, QueryTraces, type TraceNotes } from '../../lib/router/query-traces.ts';

const test = suite('the newest queries of a router');

const endpointNamed = (name: string): EndpointEntry => ({ name }) as EndpointEntry;
const [A, B] = [endpointNamed('a'), endpointNamed('b')];
const COPY = notesOfCopy({ draws: [0.5] });
const OWN: TraceNotes = { ...COPY, isCopy: false, origin: FROM_OUTSIDE };

/** Of four that are kept. Queries are numbered. */
function tracesOf(...queries: readonly (readonly [endpoint: EndpointEntry, notes: TraceNotes | null])[]): QueryTraces {
  const traces = new QueryTraces(4);
  for (const [number, [endpoint, notes]] of queries.entries()) {
    const request = { id: `id-${number}` } as Parameters<QueryTraces['add']>[0]['request'];
    const place = { backend: endpoint.name, replica: null };
    traces.add({ request, endpoint, number, place, draw: 0, notes, arrivedAt: 0, sentAt: 0 }, 'ok', 1, 2, 3);
  }
  return traces;
}

const newest = (traces: QueryTraces, ...wanted: Parameters<QueryTraces['newest']>): number[] =>
  traces.newest(...wanted).map(({ number }) => number);

test('none are there in the beginning', () => {
  assert.equal([newest(tracesOf(), 0, null, 10), tracesOf().total], [[], 0]);
});

test('those after a place are told as they ended, the newest of them', () => {
  const traces = tracesOf([A, null], [A, null], [A, OWN]);
  assert.is(traces.total, 3);
  assert.equal(newest(traces, 0, null, 10), [0, 1, 2]);
  assert.equal(newest(traces, 1, null, 10), [1, 2]);
  assert.equal(newest(traces, 3, null, 10), []);
  assert.equal(newest(traces, 0, null, 2), [1, 2]);
  assert.equal(newest(traces, 0, null, 0), []);
});

test('what is no longer kept is not told', () => {
  const traces = tracesOf(...Array.from({ length: 10 }, () => [A, null] as const));
  assert.is(traces.total, 10);
  assert.equal(newest(traces, 0, null, 10), [6, 7, 8, 9]);
  assert.equal(newest(traces, 8, null, 10), [8, 9]);
});

test('copies are left out, and other endpoints if one is wanted', () => {
  const traces = tracesOf([A, null], [B, null], [A, COPY], [A, OWN]);
  assert.equal(newest(traces, 0, null, 10), [0, 1, 3]);
  assert.equal(newest(traces, 0, 'a', 10), [0, 3]);
  assert.equal(newest(traces, 0, 'a', 1), [3]);
  assert.equal(newest(traces, 0, 'c', 1), []);
});

test.run();
