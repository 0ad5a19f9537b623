// A backend's deadline counts from the arrival of a request, not from the end of its body.
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { codeOf, open, parseReply, type Reply, untilClosed } from '../proxy/proxy-fixture.ts';
import { handleOf, until, withInstance } from '../support/instance.ts';
import { Signals } from '../support/signals.ts';

const test = suite('a deadline from arrival');

/** Sends a body of two bytes, the second one not before `heldMs` have passed. */
async function postSlowly(url: string, heldMs: number): Promise<Reply & { readonly tookMs: number }> {
  const { port, pathname, search } = new URL(url);
  const socket = await open(Number(port));
  socket.setTimeout(10_000, () => socket.destroy());
  const answered = untilClosed(socket);
  const began = performance.now();
  socket.write(`POST ${pathname}${search} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\na`);
  await until(() => performance.now() - began > heldMs, 'the time for the second byte');
  if (!socket.destroyed) socket.write('b');
  const reply = parseReply(await answered);
  return { ...reply, tookMs: performance.now() - began };
}

test(
  'a small body that is complete only after the deadline is answered 504, and the backend does not see it',
  withInstance(async (client, url) => {
    const signals = new Signals();
    try {
      await handleOf(
        client,
        'quick',
        async (request) => {
          const { ReplicaSignals } = await import('../support/signals.ts');
          const signals = new ReplicaSignals(request.queryParams.get('signals'));
          signals.say((await request.text()) || 'empty');
          signals.close();
        },
        { config: { requestTimeoutMs: 300 } },
      );
      const path = `${url}/quick?signals=${signals.name}`;
      const reply = await postSlowly(path, 350);
      assert.is(reply.status, 504, reply.head);
      assert.is(codeOf(reply), 'TIMEOUT');
      // One that is in time, so that all the backend has said is here.
      assert.is((await fetch(path, { method: 'POST', body: 'cd' })).status, 200);
      await signals.heard('cd');
      assert.is(signals.count('ab'), 0);
    } finally {
      signals.close();
    }
  }),
);

test(
  'what the body took is gone from the time the backend has',
  withInstance(async (client, url) => {
    const deadlineMs = 3000;
    await handleOf(client, 'silent', () => new Promise(() => {}), { config: { requestTimeoutMs: deadlineMs } });
    const reply = await postSlowly(`${url}/silent`, 2500);
    assert.is(reply.status, 504, reply.head);
    assert.ok(reply.tookMs > deadlineMs - 50 && reply.tookMs < deadlineMs + 2000, `answered after ${reply.tookMs} ms`);
  }),
);

test("the instance's own deadline counts from arrival, too", async () => {
  const client = await serve.start({ name: 'deadline', http: { port: 0, requestTimeoutMs: 300 } });
  try {
    await handleOf(client, 'any', () => 'too late');
    const reply = await postSlowly(`${client.http?.url}/any`, 350);
    assert.is(reply.status, 504, reply.head);
    assert.is(codeOf(reply), 'TIMEOUT');
  } finally {
    await client.shutdown();
  }
});

test.run();
