import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Needs, needsOf, toUnits } from '../../lib/domain/resources.ts';
import {
  type Account,
  describeNeeds,
  describeRefusal,
  describeShortage,
  type NodeAccount,
  roomOf,
} from '../../lib/domain/shortage.ts';

const test = suite('shortage');

const needing = (given: Partial<Parameters<typeof needsOf>[0]>): Needs =>
  needsOf({ numCpus: 0, numGpus: 0, custom: {}, placement: 'pack', ...given });

/** `a#1 0.5`, with `!` where it is being ended. */
const account = (total: number, ...holders: readonly string[]): Account => ({
  total: toUnits(total),
  holders: holders.map((text) => {
    const [replica = '', amount, ending] = text.split(' ');
    return { replica, units: toUnits(Number(amount)), isEnding: ending === '!' };
  }),
});

const node = (more: Partial<NodeAccount> = {}): NodeAccount => ({
  node: 'head',
  cpus: { ...account(2), isEnforced: false },
  gpus: [],
  custom: new Map(),
  gpuNote: null,
  ...more,
});

const gpus = (...each: readonly (readonly string[])[]): NodeAccount['gpus'] =>
  each.map((holders, index) => ({ key: `GPU-${index}`, index, holders: account(1, ...holders).holders }));

for (const [given, count, text] of [
  [{ numGpus: 1 }, 1, '1 GPU'],
  [{ numGpus: 2 }, 1, '2 GPUs'],
  [{ numGpus: 0.5 }, 1, '0.5 of a GPU'],
  [{ numCpus: 0.5 }, 1, '0.5 CPUs'],
  [{ numGpus: 0.5, numCpus: 1, custom: { tpu: 2 } }, 1, "0.5 of a GPU, 1 CPU and 2 'tpu'"],
  [{ numGpus: 1, numCpus: 2 }, 3, '1 GPU and 2 CPUs for each of 3 replicas'],
] as const) {
  test(`needs: ${text}`, () => assert.is(describeNeeds(needing(given), count), text));
}

const TWO_HELD = node({ gpus: gpus(['a#1 1'], ['b#1 0.25', 'b#2 0.25']) });

for (const [given, count, of, text] of [
  [
    { numGpus: 1 },
    1,
    TWO_HELD,
    "0.5 of 2 GPUs free (0.5 of GPU 1); held by 'a#1' (1 of GPU 0), 'b#1' (0.25 of GPU 1), 'b#2' (0.25 of GPU 1)",
  ],
  [{ numGpus: 1 }, 1, node({ gpus: gpus(['a#1 1 !']) }), "0 of 1 GPU free; held by 'a#1' (1 of GPU 0, ending)"],
  [{ numGpus: 2 }, 1, node({ gpus: gpus([]) }), '1 of 1 GPU free (1 of GPU 0)'],
  [{ numGpus: 1 }, 1, node({ gpuNote: 'nvidia-smi hangs' }), 'no GPU: nvidia-smi hangs'],
  [{ numGpus: 1 }, 1, node(), 'no GPU'],
  [
    { numGpus: 2 },
    1,
    node({ gpus: gpus([]), gpuNote: 'GPU 1 no longer found' }),
    '1 of 1 GPU free (1 of GPU 0); GPU 1 no longer found',
  ],
  [
    { numCpus: 1.5 },
    1,
    node({ cpus: { ...account(2, 'a#1 0.75', 'b#1 0'), isEnforced: true } }),
    "1.25 of 2 CPUs free; held by 'a#1' (0.75)",
  ],
  [
    { custom: { tpu: 1 } },
    2,
    node({ custom: new Map([['tpu', account(2, 'a#1 1')]]) }),
    "1 of 2 'tpu' free; held by 'a#1' (1)",
  ],
  [{ custom: { tpus: 1 } }, 1, node({ custom: new Map([['tpu', account(2)]]) }), "no 'tpus': did you mean 'tpu'?"],
  [{ custom: { license: 1 } }, 1, node(), "no 'license': none is declared"],
] as const) {
  test(`what is too little: ${text}`, () => assert.is(describeShortage(needing(given), count, of), text));
}

test('only what is too little is told, and all of it', () => {
  const of = node({
    cpus: { ...account(1), isEnforced: true },
    gpus: gpus([], []),
    custom: new Map([['tpu', account(1, 'a#1 1')]]),
  });
  const needs = needing({ numCpus: 2, numGpus: 1, custom: { tpu: 1 } });
  assert.is(describeShortage(needs, 1, of), "1 of 1 CPUs free; 0 of 1 'tpu' free; held by 'a#1' (1)");
});

test('of many holders eight are named', () => {
  const holders = Array.from({ length: 11 }, (_, i) => `a#${i + 1} 0.09`);
  const text = describeShortage(needing({ numGpus: 1 }), 1, node({ gpus: gpus(holders) }));
  assert.ok(text.endsWith("'a#8' (0.09 of GPU 0) and 3 more"), text);
});

test('a refusal says what was needed, what is free and where, who holds the rest, and what to do', () => {
  assert.is(
    describeRefusal('c', needing({ numGpus: 0.75 }), 2, TWO_HELD),
    "backend 'c' needs 0.75 of a GPU for each of 2 replicas, and node 'head' has 0.5 of 2 GPUs free (0.5 of GPU 1); " +
      "held by 'a#1' (1 of GPU 0), 'b#1' (0.25 of GPU 1), 'b#2' (0.25 of GPU 1); " +
      'delete or scale down a holder, or ask for less',
  );
});

test('a refusal of more than there will ever be says so', () => {
  assert.is(
    describeRefusal('c', needing({ numGpus: 3 }), 1, node({ gpus: gpus([], []) })),
    "backend 'c' needs 3 GPUs, and node 'head' has 2 of 2 GPUs free (1 of GPU 0, 1 of GPU 1); " +
      'that is more than it has in all: ask for less, or declare more in serve.start({ resources })',
  );
});

test('what is being ended counts as held, or as free', () => {
  const of = node({
    gpus: gpus(['a#1 0.5', 'b#1 0.25 !']),
    cpus: { ...account(4, 'a#1 1', 'b#1 1 !'), isEnforced: true },
  });
  assert.equal(roomOf(of).gpus, [{ key: 'GPU-0', free: 2500 }]);
  assert.equal(roomOf(of, 'free').gpus, [{ key: 'GPU-0', free: 5000 }]);
  assert.equal([roomOf(of).cpus, roomOf(of, 'free').cpus], [20_000, 30_000]);
});

test.run();
