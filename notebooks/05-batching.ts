// %% [markdown]
// # 5. Batching
//
// Many models cost almost the same for one text as for thirty: a GPU has to be started, or a service called, and that is
// most of it. Whoever waits a moment and then asks for thirty callers at once serves many times as many. Whoever waits
// and then asks for one has only waited.
//
// At the end of this lesson you will have measured both: what batches bring, by how large they may be and how long is
// waited for them, and what they cost when nobody else is there.

// %% Imports
import { setTimeout as delay } from 'node:timers/promises';
import { franc } from 'franc-min';
import { acceptBatch, type ServeRequest } from 'servelab';
import { chart, client, display, show } from 'servelab/notebook';

// %% [markdown]
// The model is `franc-min`, which says in which language a text is. It needs less than a millisecond for that, so here
// stands a device in front of it, as a GPU would: **each call of it takes 10 ms, whatever it is for**, and calls take
// turns. The 10 ms are waited and not computed, so that what follows is about batches more than about this machine.
//
// `acceptBatch` marks a class that wants lists: `call` gets an array of requests and returns an array of answers, as long
// and in the same order. Callers notice nothing of it.

// %% Device and model
const FIXED_MS = 10;

class Device {
  #free: Promise<unknown> = Promise.resolve();

  /** When those before it are done, and `FIXED_MS` later. */
  run<Result>(work: () => Result): Promise<Result> {
    const turn = this.#free.then(() => delay(FIXED_MS)).then(work);
    this.#free = turn.catch(() => {});
    return turn;
  }
}

interface Answer {
  readonly language: string;
  /** How many shared the call. */
  readonly batch: number;
}

class LanguageId {
  readonly #device = new Device();

  async call(requests: readonly ServeRequest[]): Promise<readonly (Answer | Error)[]> {
    const texts = await Promise.all(requests.map((request) => request.text()));
    return this.#device.run(() =>
      texts.map((text) =>
        text === '' ? new RangeError('an empty text') : { language: franc(text), batch: texts.length },
      ),
    );
  }
}

await client.createBackend('model', acceptBatch(LanguageId));
await client.createEndpoint('language', { backend: 'model' });

// %% [markdown]
// ## What a batch is
//
// Two settings of the backend decide, and both can be changed while it serves:
//
// - `maxBatchSize`: how many may share a call. 1, the default, means no batches.
// - `batchWaitTimeoutMs`: how long the first of a batch waits for others. A batch that is full does not wait any longer.

// %% Three callers at once, and one mistake
await client.updateBackendConfig('model', { maxBatchSize: 4, batchWaitTimeoutMs: 200 });
const handle = await client.getHandle('language');
const texts = [
  'Alle Menschen sind frei und gleich an Würde und Rechten geboren.',
  'Tous les êtres humains naissent libres et égaux en dignité et en droits.',
  '',
  'Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw.',
];
const outcomes = await Promise.allSettled(texts.map((text) => handle.remote(text)));
display(
  outcomes.map((outcome, at) => ({
    text: texts[at] === '' ? '(empty)' : `${texts[at]?.slice(0, 20)}…`,
    ...(outcome.status === 'fulfilled'
      ? { language: (outcome.value as Answer).language, batch: (outcome.value as Answer).batch, error: '' }
      : { language: '', batch: '', error: String(outcome.reason.cause.message) }),
  })),
);

// %% [markdown]
// All four shared a call, each got the answer to its own text, and the `Error` at the place of the empty one failed that
// caller and nobody else.
//
// Answers rarely say how many shared their batch, as these do. The instance counts: `show.batches` tells how full the
// batches of the last minute were, `serve_backend_batch_size` tells it to Prometheus.

// %% How full they were
await show.batches('model');

// %% [markdown]
// A function that was not marked would take the array for a request. So it is refused before it is asked anything:

// %% Not marked
const refused = await client
  .createBackend('unmarked', (request: ServeRequest) => request.text(), { config: { maxBatchSize: 4 } })
  .catch((error: Error & { readonly code: string }) => error);
console.log(refused?.code, refused?.message);

// %% [markdown]
// ## The sweep
//
// 24 callers. Each asks, gets the answer, rests for a moment, which is sometimes longer and sometimes shorter, and asks
// again. For each pair of settings: how many answers there are in a second, how long the callers wait, and how large the
// batches have become.

// %% Twenty-four callers
const CALLERS = 24;
const REST_MS = 20;

interface Measured {
  readonly perSecond: number;
  readonly medianMs: number;
  readonly meanBatch: number;
}

/** `count` queries, by so many callers. */
async function measure(callers: number, count: number): Promise<Measured> {
  const ms: number[] = [];
  let calls = 0;
  let sent = 0;
  const caller = async (): Promise<void> => {
    while (sent < count) {
      const text = texts[sent++ % 2] ?? '';
      const sentAt = performance.now();
      const { batch } = (await handle.remote(text)) as Answer;
      ms.push(performance.now() - sentAt);
      calls += 1 / batch;
      await delay(Math.random() * REST_MS);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = (performance.now() - startedAt) / 1000;
  const median = ms.sort((a, b) => a - b)[Math.floor(ms.length / 2)] ?? Number.NaN;
  return { perSecond: count / seconds, medianMs: median, meanBatch: count / calls };
}

// %% The sweep servelab={"compare": "words"}
const waits = [0, 10, 50];
const swept: (Measured & { readonly size: number; readonly waitMs: number })[] = [];
for (const size of [1, 4, 16, 64]) {
  // One alone is full at once, whatever the time.
  for (const waitMs of size === 1 ? [0] : waits) {
    await client.updateBackendConfig('model', { maxBatchSize: size, batchWaitTimeoutMs: waitMs });
    swept.push({ size, waitMs, ...(await measure(CALLERS, 96)) });
  }
}
display(
  swept.map(({ size, waitMs, perSecond, medianMs, meanBatch }) => ({
    maxBatchSize: size,
    batchWaitTimeoutMs: waitMs,
    'answers/s': Math.round(perSecond),
    'median ms': Math.round(medianMs),
    'mean batch': Number(meanBatch.toFixed(1)),
  })),
);

// %% [markdown]
// The same as two charts: a line for each time that is waited, over the size.

// %% Throughput and latency servelab={"compare": "words"}
const over = (of: 'perSecond' | 'medianMs') =>
  [...Map.groupBy(swept, ({ size }) => size)].map(([size, its]) => {
    const at = (waitMs: number): number => (its.find((one) => one.waitMs === waitMs) ?? its[0])?.[of] ?? Number.NaN;
    return { maxBatchSize: size, 'no wait': at(0), '10 ms': at(10), '50 ms': at(50) };
  });
const lines = { x: 'maxBatchSize', y: ['no wait', '10 ms', '50 ms'], log: 'x' } as const;
display(chart.lines(over('perSecond'), { ...lines, title: 'Answers per second', unit: '/s' }));
display(chart.lines(over('medianMs'), { ...lines, title: 'What a caller waits (median)', unit: 'ms' }));

// %% [markdown]
// Three things to see.
//
// - **Without batches the device is the limit**: one call of 10 ms after the other is less than a hundred a second. With
//   batches there are many times as many answers, and the callers wait *less*, although now somebody waits for others
//   before the device is asked: what they had waited for was the queue.
// - **Without waiting, batches do not fill**, however large they may be: look at the mean batch. A batch goes when its time
//   is over, also when the device is still busy with the one before.
// - **A batch that nobody can fill waits in vain.** 24 callers never make 64, so there each batch waits for its whole
//   time. With a short one that is no harm, and a batch of 16 is filled sooner than a long one ends. The long time and the
//   large size together are what costs.
//
// ## When nobody else is there
//
// One caller, who asks ten times.

// %% Alone servelab={"compare": "words"}
const alone: { readonly setting: string; readonly 'median ms': number }[] = [];
for (const [maxBatchSize, batchWaitTimeoutMs] of [
  [1, 50],
  [16, 0],
  [16, 10],
  [16, 50],
] as const) {
  await client.updateBackendConfig('model', { maxBatchSize, batchWaitTimeoutMs });
  const { medianMs } = await measure(1, 10);
  alone.push({ setting: `size ${maxBatchSize}, wait ${batchWaitTimeoutMs} ms`, 'median ms': Math.round(medianMs) });
}
display(alone);
display(chart.bars(alone, { x: 'setting', y: 'median ms', title: 'What a lone caller waits', unit: 'ms' }));

// %% [markdown]
// The lone caller pays for the device, and for the whole wait on top: nobody comes, and a batch of one is not full. With
// `maxBatchSize` 1 it is full at once. So the wait is what you are willing to add to every answer in a quiet hour.
//
// ## A load that does not wait
//
// The callers above ask again only when they have an answer. Real ones do not know of one another. `show.load` sends on
// schedule, whatever becomes of those before: 150 a second, which is more than the device can take one by one.

// %% One by one servelab={"compare": "kinds"}
await client.updateBackendConfig('model', { maxBatchSize: 1, batchWaitTimeoutMs: 0 });
const load = { rps: 150, forMs: 1000, data: texts[0] };
display(await show.load('language', load));

// %% In batches servelab={"compare": "kinds"}
await client.updateBackendConfig('model', { maxBatchSize: 16, batchWaitTimeoutMs: 50 });
display(await show.load('language', load));

// %% [markdown]
// One by one the queue grows for as long as the load lasts, and each caller waits longer than the one before. In batches
// the device keeps up: what a caller waits is the time of the batch and that of the device, at the end as at the beginning.
//
// **Try next.**
//
// - Let the device take 1 ms for each text as well (`delay(FIXED_MS + texts.length)`): where does a larger batch stop paying?
// - `numReplicas: 2`, with a device each. What does a batch size of 16 need now to be filled?
// - Your own model: what does it cost for one, and for ten? If the answer is ten times as much, leave `maxBatchSize` at 1.
//
// Next: [6. Composition](06-composition.ipynb), where one backend calls others.
