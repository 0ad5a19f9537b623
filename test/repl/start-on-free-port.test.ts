import { once } from 'node:events';
import { createServer } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startOnFreePort } from '../../repl/start-on-free-port.ts';

const test = suite('start on a free port');

test('it gives up at the last port', async () => {
  const taken = createServer().listen(8099, '127.0.0.1');
  await once(taken, 'listening');
  let code: unknown;
  await startOnFreePort({}, 8099).catch((error: { readonly code: unknown }) => {
    code = error.code;
  });
  taken.close();
  assert.is(code, 'PORT_IN_USE');
});

test('what no other port would help against is not tried again', async () => {
  let code: unknown;
  await startOnFreePort({}, -1).catch((error: { readonly code: unknown }) => {
    code = error.code;
  });
  assert.is(code, 'INVALID_ARGUMENT');
});

test.run();
