import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { handleOf, withInstance } from '../support/instance.ts';

const test = suite('answers without a JSON form');

interface Refusal {
  readonly error: { readonly code: string; readonly message: string };
}

test(
  'do not show HTTP callers what the user’s code threw while it was written',
  withInstance(async (client, url) => {
    await handleOf(client, 'getter', () => ({
      get a(): never {
        throw new Error('a secret');
      },
    }));
    await handleOf(client, 'to-json', () => ({
      toJSON(): never {
        throw new Error('a secret');
      },
    }));
    for (const path of ['getter', 'to-json']) {
      const reply = await fetch(`${url}/${path}`);
      const text = await reply.text();
      assert.is(reply.status, 500);
      assert.is((JSON.parse(text) as Refusal).error.code, 'NOT_SERIALIZABLE');
      assert.not.ok(text.includes('secret'), text);
    }
  }),
);

test(
  'such as a reference inside are refused with its path',
  withInstance(async (client, url) => {
    await handleOf(client, 'leaf', () => 1);
    await handleOf(client, 'nested', async () => {
      const handle = await (await serve.connect()).getHandle('leaf');
      return { list: [handle.remote()] };
    });
    const reply = await fetch(`${url}/nested`);
    const { error } = (await reply.json()) as Refusal;
    assert.equal([reply.status, error.code], [500, 'NOT_SERIALIZABLE']);
    assert.ok(error.message.includes('$.list[0] is a reference; await it first'), error.message);
  }),
);

test.run();
