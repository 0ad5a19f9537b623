import type { Client, ServeEvent, ServeStatus } from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LiveInstance } from '../../../tui/model/live.ts';
import { until } from '../../support/instance.ts';
import { FakeInstance } from '../fake-instance.ts';
import { performanceOf, statusOf } from '../fixture.ts';

const test = suite('live instance');

async function running(instance: FakeInstance, run: (live: LiveInstance<Client>) => Promise<void>): Promise<void> {
  const live = instance.live();
  const done = live.run();
  try {
    await run(live);
  } finally {
    await live.stop();
    await done;
  }
}

test('what an instance tells is there, and the newest takes the place of the one before', async () => {
  const instance = new FakeInstance();
  await running(instance, async (live) => {
    await until(() => live.get().phase.type === 'live', 'live');
    const first = live.get();
    instance.tell(statusOf({ replicas: [] }));
    await until(() => live.get().status?.replicas.length === 0, 'the next snapshot');
    assert.is(first.status?.replicas.length, 7);
  });
});

test('one that goes is lost, keeps what was known, and is found again at once when that is asked for', async () => {
  const instance = new FakeInstance();
  await running(instance, async (live) => {
    await until(() => live.get().phase.type === 'live', 'live');
    const { at } = live.get();
    // Of an instance that nobody asks anything there is no snapshot any more, and it is heard of all the same.
    await until(() => live.get().heardAt > at, 'its figures');
    const { heardAt } = live.get();
    instance.die();
    await until(() => live.get().phase.type === 'lost', 'lost');
    const { phase, status } = live.get();
    assert.ok(status);
    assert.equal(phase.type === 'lost' && [phase.since, phase.reason], [heardAt, 'its process has ended']);
    assert.is(live.client, null);
    instance.isRunning = true;
    live.retryNow();
    await until(() => live.get().phase.type === 'live', 'live again');
    assert.is(instance.connections, 2);
  });
});

test('one that never was is not lost since anything, and tries wait longer each time', async () => {
  const instance = Object.assign(new FakeInstance(), { isRunning: false });
  await running(instance, async (live) => {
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 6; attempt++) {
      await until(() => {
        const { phase } = live.get();
        return phase.type === 'lost' && phase.attempt === attempt;
      }, `try ${attempt}`);
      const { phase } = live.get();
      if (phase.type !== 'lost') throw new Error('not lost');
      assert.is(phase.since, null);
      waits.push(Math.round((phase.retryAt - Date.now()) / 500) / 2);
      live.retryNow();
    }
    assert.equal(waits, [1, 2, 4, 8, 15, 15]);
  });
});

test('charts begin anew with another instance of the name', async () => {
  const instance = new FakeInstance();
  await running(instance, async (live) => {
    await until(() => live.get().phase.type === 'live', 'live');
    assert.is(live.series.values('endpoint', 'classify', 'rate', 1)[0], 300);
    const next = statusOf({ endpoints: {} });
    instance.tell({ ...next, instance: { ...next.instance, startedAt: '2026-03-01T11:00:00.000Z' } });
    await until(() => Object.keys(live.get().status?.endpoints ?? { none: 1 }).length === 0, 'the other instance');
    assert.equal(live.series.values('endpoint', 'classify', 'rate', 1), []);
  });
});

test('events that come in a burst are one change, and no more than a thousand are kept', async () => {
  const status: ServeStatus = statusOf();
  const waits = Promise.withResolvers<void>();
  const client = {
    watch: async function* () {
      yield status;
      await waits.promise;
    },
    performance: async () => performanceOf(),
    events: async function* (): AsyncGenerator<ServeEvent> {
      for (let at = 0; at < 3_000; at++) {
        yield {
          type: 'replica.started',
          at: status.instance.startedAt,
          message: String(at),
          backend: 'v1',
          replica: 'v1#1',
        };
      }
    },
    close: async () => waits.resolve(),
  };
  const live = new LiveInstance({ connect: async () => client as unknown as Client });
  let changes = 0;
  live.subscribe(() => changes++);
  const done = live.run();
  await until(() => live.get().events.at(-1)?.message === '2999', 'all events');
  assert.is(live.get().events.length, 1_000);
  assert.ok(changes < 1_000, `${changes} changes`);
  await live.stop();
  await done;
});

test('whatever goes wrong is what is shown, and is tried again', async () => {
  let tries = 0;
  const live = new LiveInstance<Client>({
    connect: async () => {
      tries++;
      throw new TypeError('nobody has foreseen it');
    },
  });
  const done = live.run();
  const { phase } = live.get();
  assert.is(phase.type, 'connecting');
  await until(() => live.get().phase.type === 'lost', 'lost');
  live.retryNow();
  await until(() => tries === 2, 'the next try');
  await until(() => {
    const now = live.get().phase;
    return now.type === 'lost' && now.attempt === 2 && now.reason === 'nobody has foreseen it';
  }, 'lost again');
  await live.stop();
  await done;
});

test('an instance that has nothing new to tell is heard of all the same', async () => {
  const instance = new FakeInstance();
  await running(instance, async (live) => {
    await until(() => live.get().performance !== null, 'the first answer');
    const { at, heardAt } = live.get();
    instance.performance = performanceOf({ revision: 8 });
    await until(() => live.get().performance?.revision === 8, 'the next one');
    assert.is(live.get().at, at);
    assert.ok(live.get().heardAt > heardAt);
  });
});

test.run();
