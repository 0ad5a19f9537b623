import { setImmediate as turn } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Claim } from '../../lib/controller/claim.ts';
import { type Lease, type Ledger, needsOf } from '../../lib/domain/resources.ts';

const test = suite('Claim');

const NEEDS = needsOf({ numCpus: 0, numGpus: 1, custom: {}, placement: 'pack' });

class FakeLease implements Lease {
  readonly gpus: readonly number[];
  readonly isScarce = true;
  isEnding = false;
  numReleases = 0;

  constructor(...gpus: readonly number[]) {
    this.gpus = gpus;
  }

  ending(): void {
    this.isEnding = true;
  }

  release(): void {
    this.numReleases++;
  }
}

/** A claim on a lease that is no longer good; the next one is given by hand. */
function claimOn(first: FakeLease, isGood = false) {
  const next = Promise.withResolvers<Lease>();
  const cancelled = { count: 0 };
  const ledger: Ledger = {
    acquire: async () => [await next.promise],
    wait: () => ({
      lease: next.promise,
      reason: 'waits for 1 GPU',
      cancel: () => {
        cancelled.count++;
      },
    }),
    renew: async () => isGood,
  };
  const { signal } = new AbortController();
  const claim = new Claim({
    backend: 'a',
    replica: 'a#1',
    needs: NEEDS,
    ledger,
    lease: first,
    signal,
    changed: () => {},
  });
  return { claim, next, cancelled };
}

test('a lease that is still good is used again', async () => {
  const first = new FakeLease(3);
  const { claim } = claimOn(first, true);
  await claim.ready('wait');
  assert.equal([claim.gpus, first.numReleases], [[3], 0]);
});

test('one that is no longer good is given back before another is looked for', async () => {
  const first = new FakeLease(3);
  const { claim, next } = claimOn(first);
  const ready = claim.ready('wait');
  await turn();
  assert.equal([claim.gpus, first.numReleases, claim.reason], [[], 1, 'waits for 1 GPU']);
  next.resolve(new FakeLease(5));
  await ready;
  assert.equal([claim.gpus, claim.reason], [[5], null]);
});

for (const ifNone of ['wait', 'refuse'] as const) {
  test(`what comes after it was given up is given back at once (${ifNone})`, async () => {
    const { claim, next, cancelled } = claimOn(new FakeLease(3));
    const ready = claim.ready(ifNone);
    await turn();
    claim.giveUp();
    assert.is(cancelled.count, ifNone === 'wait' ? 1 : 0);
    const late = new FakeLease(5);
    next.resolve(late);
    await ready;
    assert.equal([late.numReleases, claim.gpus], [1, []]);
    await claim.released;
  });
}

test('it is given back once, when the last incarnation is gone', async () => {
  const first = new FakeLease(3);
  const { claim } = claimOn(first, true);
  claim.use();
  const gone = Promise.withResolvers<void>();
  claim.giveUp();
  assert.ok(first.isEnding);
  claim.ended(gone.promise);
  await turn();
  assert.is(first.numReleases, 0);
  gone.resolve();
  await claim.released;
  assert.is(first.numReleases, 1);
});

test('unused, it is given back at once', () => {
  const first = new FakeLease(3);
  claimOn(first).claim.giveUp();
  assert.is(first.numReleases, 1);
});

test.run();
