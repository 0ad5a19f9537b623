import { setImmediate as turn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type GivenNeeds, type Lease, needsOf, UNITS_PER_ONE } from '../../lib/domain/resources.ts';
import { NodeLedger } from '../../lib/node/ledger.ts';
import { showResources } from '../../lib/node/node-resources.ts';
import { FakeGpus } from '../support/gpu-source.ts';
import { fails } from '../support/instance.ts';

const test = suite('NodeLedger');

interface Machine {
  readonly gpus?: number;
  readonly cpus?: number | null;
  readonly custom?: Readonly<Record<string, number>>;
  readonly patienceMs?: number;
}

/** A ledger over a machine of the test's own. */
function machine({ gpus: count = 2, cpus = null, custom = {}, patienceMs = 60_000 }: Machine = {}) {
  const gpus = new FakeGpus(count);
  const ledger = new NodeLedger({
    node: 'head',
    machineCpus: 2,
    declared: { cpus, custom },
    gpus,
    changed: () => {},
    patienceMs,
  });
  gpus.ledger = ledger;
  const acquire = (
    given: Partial<GivenNeeds>,
    replicas: readonly string[],
    signal = new AbortController().signal,
  ): Promise<readonly Lease[]> => ledger.acquire({ backend: 'x', replicas, needs: needing(given), signal });
  const held = () => showResources(ledger, gpus);
  /** `a#1 0.5, b#1 0.5` of each GPU. */
  const allocations = (): readonly string[] =>
    held().gpus.map((gpu) => gpu.allocations.map(({ replica, share }) => `${replica} ${share}`).join(', '));
  return { ledger, gpus, acquire, held, allocations };
}

const needing = (given: Partial<GivenNeeds>) =>
  needsOf({ numCpus: 0, numGpus: 0, custom: {}, placement: 'pack', ...given });

const indicesOf = (leases: readonly Lease[]): readonly (readonly number[])[] => leases.map(({ gpus }) => gpus);

test('gives each replica its GPUs, and shows who holds what', async () => {
  const { acquire, held, allocations } = machine({ custom: { tpu: 4 } });
  const halves = await acquire({ numGpus: 0.5, numCpus: 1 }, ['a#1', 'a#2']);
  const [whole] = await acquire({ numGpus: 1, numCpus: 0.25, custom: { tpu: 3 } }, ['b#1']);
  assert.equal(indicesOf(halves), [[0], [0]]);
  assert.equal(whole?.gpus, [1]);
  assert.equal(allocations(), ['a#1 0.5, a#2 0.5', 'b#1 1']);
  assert.equal(held().cpus, { total: 2, used: 2.25, enforced: false });
  assert.equal(held().custom, { tpu: { total: 4, used: 3 } });
  for (const lease of halves) lease.release();
  whole?.release();
  assert.equal(allocations(), ['', '']);
  assert.equal([held().cpus.used, held().custom], [0, { tpu: { total: 4, used: 0 } }]);
});

test('a lease is given back once: another holder keeps what it has', async () => {
  const { acquire, allocations } = machine({ gpus: 1 });
  const [first] = await acquire({ numGpus: 1 }, ['a#1']);
  first?.release();
  await acquire({ numGpus: 1 }, ['b#1']);
  first?.release();
  assert.equal(allocations(), ['b#1 1']);
});

test('what does not fit is refused with all that is needed to know why, and holds nothing', async () => {
  const { acquire, allocations } = machine();
  await acquire({ numGpus: 0.5 }, ['a#1']);
  await fails(
    acquire({ numGpus: 1 }, ['x#1', 'x#2']),
    'INSUFFICIENT_RESOURCES',
    "backend 'x' needs 1 GPU for each of 2 replicas",
    "node 'head' has 1.5 of 2 GPUs free (0.5 of GPU 0, 1 of GPU 1)",
    "held by 'a#1' (0.5 of GPU 0)",
  );
  assert.equal(allocations(), ['a#1 0.5', '']);
});

test('declared CPUs and custom resources refuse, counted CPUs do not', async () => {
  const counted = machine();
  assert.is((await counted.acquire({ numCpus: 3 }, ['a#1', 'a#2'])).length, 2);
  const declared = machine({ cpus: 3, custom: { tpu: 1 } });
  await declared.acquire({ numCpus: 2 }, ['a#1']);
  await fails(
    declared.acquire({ numCpus: 2 }, ['x#1']),
    'INSUFFICIENT_RESOURCES',
    "1 of 3 CPUs free; held by 'a#1' (2)",
  );
  await fails(declared.acquire({ custom: { tpu: 2 } }, ['x#1']), 'INSUFFICIENT_RESOURCES', 'more than it has in all');
  await fails(declared.acquire({ custom: { tpus: 1 } }, ['x#1']), 'INSUFFICIENT_RESOURCES', "did you mean 'tpu'?");
  assert.ok((await declared.acquire({ numCpus: 1, custom: { tpu: 1 } }, ['b#1'])).length);
});

test('of two requests at once that do not both fit, one has all and the other nothing', async () => {
  const { acquire, allocations } = machine();
  const outcomes = await Promise.allSettled([
    acquire({ numGpus: 1 }, ['a#1', 'a#2']),
    acquire({ numGpus: 1 }, ['b#1', 'b#2']),
  ]);
  assert.equal(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  assert.equal(allocations(), ['a#1 1', 'a#2 1']);
});

test('GPUs are asked for before they are given out, nothing else asks', async () => {
  const { acquire, gpus } = machine();
  await acquire({ numCpus: 1 }, ['a#1']);
  assert.is(gpus.numAsked, 0);
  const asked = Promise.withResolvers<void>();
  gpus.until = asked.promise;
  const leases = acquire({ numGpus: 1 }, ['b#1']);
  gpus.become('b');
  asked.resolve();
  await leases;
  assert.is(gpus.numAsked, 1);
  await fails(acquire({ numGpus: 1 }, ['c#1']), 'INSUFFICIENT_RESOURCES', '0 of 1 GPU free');
});

test('a request waits for holders that are being ended', async () => {
  const { acquire, allocations } = machine({ gpus: 1 });
  const [old] = await acquire({ numGpus: 1 }, ['a#1']);
  old?.ending();
  const next = acquire({ numGpus: 1 }, ['b#1']);
  await turn();
  assert.equal(allocations(), ['a#1 1']);
  old?.release();
  assert.equal(indicesOf(await next), [[0]]);
  assert.equal(allocations(), ['b#1 1']);
});

test('but not for ever, and not where they would not be enough', async () => {
  const { acquire } = machine({ gpus: 1, patienceMs: 20 });
  const [old] = await acquire({ numGpus: 0.5 }, ['a#1']);
  await acquire({ numGpus: 0.25 }, ['c#1']);
  old?.ending();
  await fails(acquire({ numGpus: 0.5 }, ['b#1']), 'INSUFFICIENT_RESOURCES', "'a#1' (0.5 of GPU 0, ending)");
  const patient = machine({ gpus: 1 });
  const [half] = await patient.acquire({ numGpus: 0.5 }, ['a#1']);
  await patient.acquire({ numGpus: 0.25 }, ['c#1']);
  half?.ending();
  // It would take a minute if it were waited for.
  await fails(patient.acquire({ numGpus: 1 }, ['b#1']), 'INSUFFICIENT_RESOURCES', 'ending');
});

test('a request is given up with its reason, whatever it waits for', async () => {
  const asking = machine();
  asking.gpus.until = new Promise(() => {});
  const first = new AbortController();
  const asked = asking.acquire({ numGpus: 1 }, ['a#1'], first.signal);
  first.abort(new Error('no longer wanted'));
  await assertRejects(asked, /no longer wanted/);

  const ending = machine({ gpus: 1 });
  const [old] = await ending.acquire({ numGpus: 1 }, ['a#1']);
  old?.ending();
  const second = new AbortController();
  const waiting = ending.acquire({ numGpus: 1 }, ['b#1'], second.signal);
  await turn();
  second.abort(new Error('no longer wanted'));
  await assertRejects(waiting, /no longer wanted/);
  await assertRejects(ending.acquire({}, ['c#1'], second.signal), /no longer wanted/);
  old?.release();
  assert.equal(ending.allocations(), ['']);
});

async function assertRejects(work: Promise<unknown>, message: RegExp): Promise<void> {
  await work.then(
    () => assert.unreachable('it did not reject'),
    (error: Error) => assert.match(error.message, message),
  );
}

test('the queue is served in order, each as soon as it fits, before a new request', async () => {
  const { ledger, acquire, allocations, gpus } = machine({ gpus: 1 });
  const [first] = await acquire({ numGpus: 1 }, ['a#1']);
  const waiting = ['b#1', 'c#1', 'd#1'].map((replica) => ledger.wait(replica, needing({ numGpus: 0.5 })));
  await turn();
  assert.is(gpus.numAttending, 1, 'somebody looks for GPUs that come back');
  assert.is(waiting[0]?.reason, "waits for 0.5 of a GPU: 0 of 1 GPU free; held by 'a#1' (1 of GPU 0)");
  first?.ending();
  const late = acquire({ numGpus: 0.5 }, ['x#1']);
  await turn();
  first?.release();
  const [b, c] = await Promise.all(waiting.slice(0, 2).map(({ lease }) => lease));
  assert.equal(allocations(), ['b#1 0.5, c#1 0.5']);
  await fails(late, 'INSUFFICIENT_RESOURCES', "'b#1' (0.5 of GPU 0), 'c#1' (0.5 of GPU 0)");
  b?.release();
  const d = await waiting[2]?.lease;
  assert.equal(allocations(), ['c#1 0.5, d#1 0.5']);
  assert.is(gpus.numAttending, 0);
  for (const lease of [c, d]) lease?.release();
});

test('one that no longer waits gets nothing', async () => {
  const { ledger, acquire, allocations, gpus } = machine({ gpus: 1 });
  const [first] = await acquire({ numGpus: 1 }, ['a#1']);
  const waiting = ledger.wait('b#1', needing({ numGpus: 1 }));
  waiting.cancel();
  await fails(waiting.lease, 'CANCELLED', "'b#1'");
  first?.release();
  await turn();
  assert.equal([allocations(), gpus.numAttending], [[''], 0]);
});

test('one that waits is not served by what was known before it came', async () => {
  const { ledger, gpus, acquire } = machine({ gpus: 2 });
  const [first] = await acquire({ numGpus: 1 }, ['a#1']);
  const asked = Promise.withResolvers<void>();
  gpus.until = asked.promise;
  const waiting = ledger.wait('b#1', needing({ numGpus: 1 }));
  assert.is(waiting.reason, 'waits for 1 GPU: nvidia-smi is being asked');
  first?.release();
  gpus.become('b');
  asked.resolve();
  assert.equal((await waiting.lease).gpus, [0]);
});

test('a lease of a GPU that is gone stays, and nobody else gets more than there is', async () => {
  const { ledger, gpus, acquire, held } = machine({ gpus: 2 });
  const [a, b] = await acquire({ numGpus: 1 }, ['a#1', 'a#2']);
  gpus.become('a');
  assert.equal([await ledger.renew(a as Lease), await ledger.renew(b as Lease)], [true, false]);
  assert.equal(
    held().gpus.map(({ uuid, allocations }) => [uuid, allocations]),
    [
      ['GPU-a', [{ replica: 'a#1', share: 1 }]],
      ['GPU-b', [{ replica: 'a#2', share: 1 }]],
    ],
  );
  gpus.note = 'GPU 1 no longer found';
  await fails(acquire({ numGpus: 0.1 }, ['x#1']), 'INSUFFICIENT_RESOURCES', '0 of 1 GPU free', 'GPU 1 no longer found');
  b?.release();
  const waiting = ledger.wait('a#2', needing({ numGpus: 1 }));
  await turn();
  gpus.become('ab');
  assert.equal((await waiting.lease).gpus, [1]);
});

test('a GPU that is counted otherwise is still the one that is held', async () => {
  const { gpus, acquire, allocations } = machine({ gpus: 3 });
  const leases = await acquire({ numGpus: 1 }, ['a#1', 'a#2', 'a#3']);
  leases[1]?.release();
  gpus.become('ac');
  assert.equal(indicesOf([leases[0], leases[2]] as Lease[]), [[0], [1]]);
  assert.equal(allocations(), ['a#1 1', 'a#3 1']);
  await fails(acquire({ numGpus: 0.5 }, ['x#1']), 'INSUFFICIENT_RESOURCES', '0 of 2 GPUs free');
});

type Step =
  | { readonly do: 'acquire' | 'wait'; readonly numGpus: number; readonly numCpus: number; readonly count: number }
  | { readonly do: 'release' | 'ending' | 'cancel'; readonly at: number }
  | { readonly do: 'become'; readonly keys: string };

const needs = {
  numGpus: fc.constantFrom(0, 0.1, 0.25, 1 / 3, 0.5, 1, 2),
  numCpus: fc.constantFrom(0, 0.5, 1),
  count: fc.integer({ min: 1, max: 4 }),
};
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('acquire' as const), ...needs }),
    fc.record({ do: fc.constant('wait' as const), ...needs }),
    fc.record({ do: fc.constantFrom('release' as const, 'ending' as const, 'cancel' as const), at: fc.nat(20) }),
    fc.record({ do: fc.constant('become' as const), keys: fc.constantFrom('abc', 'ab', 'ac', 'c', '', 'bca') }),
  ),
  { maxLength: 40 },
);

test('whatever comes: no GPU is given out twice, what is used is what is leased, and all of it comes back', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.constantFrom('pack' as const, 'spread' as const), async (list, placement) => {
      const { ledger, gpus, held } = machine({ gpus: 3, cpus: 4, patienceMs: 0 });
      const never = new AbortController().signal;
      let leases: { lease: Lease; numGpus: number; numCpus: number }[] = [];
      const waiting: { cancel(): void }[] = [];
      let released = 0;
      const take = (given: readonly Lease[], numGpus: number, numCpus: number): void => {
        leases.push(...given.map((lease) => ({ lease, numGpus, numCpus })));
      };
      const requireTruth = (): void => {
        const { cpus, gpus: shown } = held();
        for (const { allocations } of shown) {
          const units = allocations.reduce((sum, { share }) => sum + Math.round(share * UNITS_PER_ONE), 0);
          assert.ok(units <= UNITS_PER_ONE, `${units} units of one GPU`);
        }
        assert.ok(cpus.used <= cpus.total);
        assert.is(
          cpus.used,
          leases.reduce((sum, { numCpus }) => sum + numCpus, 0),
        );
        const shares = shown.flatMap(({ allocations }) => allocations).reduce((sum, { share }) => sum + share, 0);
        const wanted = leases.reduce((sum, { numGpus }) => sum + Math.floor(numGpus * 10_000 + 1e-6) / 10_000, 0);
        assert.ok(Math.abs(shares - wanted) < 1e-9, `${shares} shares, ${wanted} leased`);
      };
      for (const step of list) {
        switch (step.do) {
          case 'acquire': {
            const { numGpus, numCpus, count } = step;
            const replicas = Array.from({ length: count }, (_, i) => `r#${i}`);
            const request = { backend: 'x', replicas, needs: needing({ numGpus, numCpus, placement }), signal: never };
            await ledger.acquire(request).then(
              (given) => take(given, numGpus, numCpus),
              (error: { code?: string }) => assert.is(error.code, 'INSUFFICIENT_RESOURCES'),
            );
            break;
          }
          case 'wait': {
            const { numGpus, numCpus } = step;
            const one = ledger.wait('w#1', needing({ numGpus, numCpus, placement }));
            waiting.push(one);
            one.lease.then(
              (lease) => take([lease], numGpus, numCpus),
              (error: { code?: string }) => assert.is(error.code, 'CANCELLED'),
            );
            break;
          }
          case 'become':
            gpus.become(step.keys);
            break;
          case 'cancel':
            waiting[step.at % Math.max(1, waiting.length)]?.cancel();
            break;
          case 'ending':
            leases[step.at % Math.max(1, leases.length)]?.lease.ending();
            break;
          case 'release': {
            const one = leases[step.at % Math.max(1, leases.length)];
            if (!one) break;
            leases = leases.filter((other) => other !== one);
            one.lease.release();
            one.lease.release();
            released++;
          }
        }
        await turn();
        requireTruth();
      }
      for (const one of waiting) one.cancel();
      await turn();
      for (const { lease } of leases.splice(0)) lease.release();
      gpus.become('abc');
      assert.equal(held(), machine({ gpus: 3, cpus: 4 }).held(), `after ${released} releases`);
      assert.is(gpus.numAttending, 0);
    }),
    { numRuns: 150 },
  );
});

test.run();
