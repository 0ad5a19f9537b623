/** Jupyter, the kernel, its session and its instance: what ends with what, and what goes on. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from '../../support/instance.ts';
import { isAlive } from '../../support/processes.ts';
import { resultIn, TestKernel, withKernel } from './test-kernel.ts';

const test = suite('lives of a kernel');

interface Pids {
  readonly kernel: number;
  readonly session: number;
  readonly instance: number;
}

async function pidsOf(kernel: TestKernel): Promise<Pids> {
  const { outputs } = await kernel.run('[process.ppid, process.pid, (await client.status()).instance.pid].join()');
  const [parent = 0, session = 0, instance = 0] = (resultIn(outputs) ?? '').replaceAll("'", '').split(',').map(Number);
  assert.is(parent, kernel.child.pid);
  return { kernel: parent, session, instance };
}

const allGone = ({ kernel, session, instance }: Pids): Promise<void> =>
  until(() => ![kernel, session, instance].some(isAlive), 'all three processes to end');

test(
  'two hundred interrupts, of loops and of waits: each ends its cell, and everything defined is there',
  withKernel(async (kernel) => {
    await kernel.run('let count = 0; const kept = new Map([[1, 2]])');
    const endless = [
      'while (true) {}',
      'await new Promise(() => {})',
      'await null; for (;;) {}',
      'await new Promise((r) => setTimeout(r, 1e6))',
    ];
    for (let n = 0; n < 200; n++) {
      const id = kernel.send('execute_request', {
        code: `count++; console.log('go ${n}'); ${endless[n % endless.length]}`,
      });
      await kernel.printed(id, `go ${n}\n`);
      assert.is((await kernel.request('interrupt_request', {}, 'control')).content.status, 'ok');
      const { content } = await kernel.reply(id);
      assert.equal([content.status, content.ename], ['error', 'Interrupted'], `interrupt ${n}`);
    }
    assert.is(resultIn((await kernel.run('[count, kept.get(1)]')).outputs), '[ 200, 2 ]');
  }),
);

test(
  'an interrupt of nothing ends nothing that comes later',
  withKernel(async (kernel) => {
    for (let n = 0; n < 3; n++) await kernel.request('interrupt_request', {}, 'control');
    assert.is((await kernel.run('1')).reply.status, 'ok');
  }),
);

test('a shutdown ends session and instance, and so does a termination', async () => {
  const first = await TestKernel.start();
  const pids = await pidsOf(first);
  assert.is(await first.shutDown(), 0);
  await allGone(pids);
  const second = await TestKernel.start();
  const others = await pidsOf(second);
  second.child.kill('SIGTERM');
  assert.is(await second.ended, 0);
  second.close();
  await allGone(others);
});

test('a cell that never ends does not keep a kernel from its end', async () => {
  const kernel = await TestKernel.start();
  const pids = await pidsOf(kernel);
  const id = kernel.send('execute_request', {
    code: "console.log('go'); setTimeout(() => { for (let n = 0; n < 1e15; n++); }); await new Promise(() => {})",
  });
  await kernel.printed(id, 'go');
  assert.is(await kernel.shutDown(), 0);
  await allGone(pids);
});

test('a kernel that is killed leaves nothing behind', async () => {
  for (const code of ['1', "console.log('go'); while (true) {}"]) {
    const kernel = await TestKernel.start();
    const pids = await pidsOf(kernel);
    kernel.send('execute_request', { code });
    kernel.child.kill('SIGKILL');
    await kernel.ended;
    kernel.close();
    await allGone(pids);
  }
});

test('a Jupyter that is killed leaves nothing behind', async () => {
  const owner = spawn('sleep', ['1000']);
  await once(owner, 'spawn');
  const kernel = await TestKernel.start({ owner: Number(owner.pid) });
  const pids = await pidsOf(kernel);
  const id = kernel.send('execute_request', { code: "console.log('go'); while (true) {}" });
  await kernel.printed(id, 'go');
  owner.kill('SIGKILL');
  assert.is(await kernel.ended, 0);
  kernel.close();
  await allGone(pids);
});

test('a session that is killed is a kernel that has died, which says why; so is one that exits', async () => {
  for (const [code, how] of [
    ["process.kill(process.pid, 'SIGKILL')", 'was ended by SIGKILL'],
    ['process.exit(3)', 'ended with code 3'],
  ] as const) {
    const kernel = await TestKernel.start();
    const pids = await pidsOf(kernel);
    const id = kernel.send('execute_request', { code });
    await kernel.printed(id, `the session ${how}: what was defined here is lost\n`);
    assert.is(await kernel.ended, 1);
    assert.match(await kernel.log, new RegExp(`the session ${how}`));
    kernel.close();
    await allGone(pids);
  }
});

test(
  'an instance that is killed is replaced by an empty one, and what is defined is there',
  withKernel(async (kernel) => {
    const { instance } = await pidsOf(kernel);
    await kernel.run("const greet = () => 'Hi'; await client.createBackend('hi', greet)");
    process.kill(instance, 'SIGKILL');
    await kernel.until(
      ({ header, content }) => header.msg_type === 'stream' && /a new one begins/.test(String(content.text)),
    );
    await kernel.run("await client.createBackend('hi', greet); await client.createEndpoint('hi', { backend: 'hi' })");
    assert.is(resultIn((await kernel.run('await endpoints.hi()')).outputs), "'Hi'");
  }),
);

test('two notebooks at once have an instance each', async () => {
  const kernels = await Promise.all([TestKernel.start(), TestKernel.start()]);
  const names = await Promise.all(
    kernels.map(async (kernel) => resultIn((await kernel.run('(await client.status()).instance.name')).outputs)),
  );
  assert.equal(names.toSorted(), ["'notebook'", "'notebook-2'"]);
  await Promise.all(kernels.map((kernel) => kernel.shutDown()));
});

test(
  'what a backend prints stands in the notebook',
  withKernel(async (kernel) => {
    await kernel.run(
      "await client.createBackend('talks', () => { console.log('from the backend'); return 1 }); await client.createEndpoint('talks', { backend: 'talks' })",
    );
    await kernel.run('await endpoints.talks()');
    await kernel.until(
      ({ header, content }) => header.msg_type === 'stream' && /talks#1 \| from the backend/.test(String(content.text)),
    );
  }),
);

test('kernels come and go on a running instance, whose callers notice nothing', async () => {
  const client = await serve.start({ name: 'kernel-load', host: 'process', http: { port: 0 } });
  try {
    await client.createBackend('hi', () => 'Hi');
    await client.createEndpoint('hi', { backend: 'hi', route: '/hi' });
    let isOver = false;
    let answered = 0;
    const callers = Array.from({ length: 2 }, async () => {
      while (!isOver) {
        const answer = await fetch(`${client.http?.url}/hi`);
        assert.is(answer.status, 200);
        assert.is(await answer.text(), 'Hi');
        answered++;
        await delay(5); // leaves the kernel some of the processors
      }
    });
    const restarts = (async () => {
      for (let n = 0; n < 4; n++) {
        const kernel = await TestKernel.start({ instance: 'kernel-load' });
        assert.is(resultIn((await kernel.run('await endpoints.hi()')).outputs), "'Hi'");
        if (n % 2 === 0) await kernel.shutDown();
        else {
          kernel.child.kill('SIGKILL');
          await kernel.ended;
          kernel.close();
        }
      }
      isOver = true;
    })();
    await Promise.all([restarts, ...callers]);
    assert.ok(answered > 100, `${answered} answers`);
  } finally {
    await client.shutdown();
  }
});

test('an instance that does not run is said, and the kernel ends', async () => {
  const kernel = await TestKernel.start({ instance: 'nowhere' });
  assert.is(await kernel.ended, 1);
  assert.match(await kernel.log, /there is no instance to work on: .*nowhere/);
  kernel.close();
});

test.run();
