import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AnswerSink, Query } from '../../lib/domain/query.ts';
import { PairCollector } from '../../lib/router/pair-collector.ts';

const test = suite('pairs of a trial');

const NOBODY: AnswerSink = { answered() {}, failed() {} };

const queryOf = (id: string, data: unknown = null): Query => ({
  endpoint: 'x',
  request: {
    source: 'handle', method: 'GET', url: 'serve://x', headers: '', pathParams: null, queryParams: null, data,
    body: null, id,
  }, // biome-ignore format: what does not matter here
  callMethod: null,
  shardKey: null,
  timeoutMs: null,
  answerAs: 'value',
});

const collectorOf = (opening = {}): PairCollector =>
  new PairCollector({ shadow: 1, count: 1_000_000, withRequests: false, ...opening }, () => {});

test('eight mebibytes wait at the most: no more is copied until some was taken', () => {
  const collector = collectorOf();
  const half = 'x'.repeat(2 ** 19);
  let begun = 0;
  while (collector.wants(0)) {
    const { own, copy } = collector.begin(queryOf(`${begun++}`), NOBODY);
    own.answered(half);
    copy.answered(half);
    if (begun > 100) break;
  }
  assert.is(begun, 7, 'of a mebibyte each: the last one may be larger');
  let taken = 0;
  for (let pairs = collector.take().pairs; pairs.length > 0; pairs = collector.take().pairs) {
    assert.ok(pairs.length <= 2, 'about a mebibyte at a time');
    taken += pairs.length;
  }
  assert.is(taken, begun);
  assert.is(collector.leftOut.overflow, 1);
  assert.ok(collector.wants(0), 'there is room again');
});

test('a thousand are under way and no more, and not more than asked for', () => {
  const collector = collectorOf();
  for (let n = 0; n < 1000; n++) {
    assert.ok(collector.wants(0));
    collector.begin(queryOf(`${n}`), NOBODY);
  }
  assert.not(collector.wants(0));
  assert.equal(collector.leftOut, { tooLarge: 0, cancelled: 0, overflow: 1, unanswered: 1000 });
  const two = collectorOf({ count: 2 });
  two.begin(queryOf('a'), NOBODY);
  const { own, copy } = two.begin(queryOf('b'), NOBODY);
  assert.not(two.wants(0));
  assert.is(two.leftOut.overflow, 0);
  own.answered(1);
  copy.answered(1);
  assert.equal([two.take().pairs.length, two.take().isOver], [1, null]);
});

test('a caller is told before his answer is copied, and may do with it what he likes', () => {
  const collector = collectorOf();
  const told: unknown[] = [];
  const answer = { list: [1] };
  const { own, copy } = collector.begin(queryOf('a'), { ...NOBODY, answered: (value) => void told.push(value) });
  own.answered(answer);
  assert.is(told[0], answer);
  answer.list.push(2);
  copy.answered({ list: [1] });
  const [pair] = collector.take().pairs;
  assert.equal(pair?.old.answer, { is: 'value', value: { list: [1] } });
  assert.equal(pair?.new.answer, pair?.old.answer);
});

test('a request that is too large is left out, and holds nothing', () => {
  const collector = collectorOf({ withRequests: true });
  const { own, copy } = collector.begin(queryOf('a', 'x'.repeat(2 ** 21)), NOBODY);
  own.answered(1);
  copy.answered(1);
  assert.equal(collector.take(), {
    pairs: [],
    leftOut: { tooLarge: 1, cancelled: 0, overflow: 0, unanswered: 0 },
    isOver: null,
  });
});

test.run();
