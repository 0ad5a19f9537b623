// What is asserted here is asserted by the compiler: a wrong type does not build.
import type * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withInstance } from '../support/instance.ts';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only for `true`. */
const isTrue = <Holds extends true>(holds: Holds): void => assert.ok(holds);

class Model {
  protected readonly kept = 1;
  count = 3;
  call(_request: serve.ServeRequest): { language: string } {
    return { language: 'en' };
  }
  async add(by: number): Promise<number> {
    return by + this.count;
  }
  both(words: string[], request: serve.ServeRequest): string {
    return words.join(request.method);
  }
}

const test = suite('typed handles');

test(
  'getHandle<typeof Model> types results, methods and their data',
  withInstance(async (client) => {
    await client.createBackend('m', Model);
    await client.createEndpoint('m', { backend: 'm' });
    const handle = await client.getHandle<typeof Model>('m');

    const called = handle.remote('anything');
    isTrue<Same<typeof called, serve.ObjectRef<{ language: string }>>>(true);
    assert.is((await called).language, 'en');

    const added = handle.options({ methodName: 'add' }).remote(2);
    isTrue<Same<typeof added, serve.ObjectRef<number>>>(true);
    assert.is(await added, 5);
    const chained = handle.options({ methodName: 'add' }).remote(added);
    assert.is(await chained, 8);

    const both = handle.options({ methodName: 'both', timeoutMs: 5000 }).options({ shardKey: 'a' }).remote(['a', 'b']);
    isTrue<Same<typeof both, serve.ObjectRef<string>>>(true);
    assert.is(await both, 'aGETb');

    const never = () => {
      // @ts-expect-error no such method
      handle.options({ methodName: 'subtract' });
      // @ts-expect-error not a method
      handle.options({ methodName: 'count' });
      // @ts-expect-error data of another type
      handle.options({ methodName: 'add' }).remote('2');
      // @ts-expect-error no such option
      handle.options({ timeout: 5 });
    };
    assert.type(never, 'function');
  }),
);

test(
  'a function types its result, and a handle without a type takes and gives anything',
  withInstance(async (client) => {
    const echo = async (request: serve.ServeRequest) => ({ got: String(request.data) });
    await client.createBackend('f', echo);
    await client.createEndpoint('f', { backend: 'f' });
    const typed = (await client.getHandle<typeof echo>('f')).remote(1);
    isTrue<Same<typeof typed, serve.ObjectRef<{ got: string }>>>(true);
    assert.is((await typed).got, '1');
    const untyped = await client.getHandle('f');
    assert.is((await untyped.options({ methodName: 'call' }).remote({ any: 'thing' })).got, '[object Object]');
  }),
);

test(
  'get types each of several results',
  withInstance(async (client) => {
    const serveLab = await import('servelab');
    await client.createBackend('m', Model);
    await client.createEndpoint('m', { backend: 'm' });
    const handle = await client.getHandle<typeof Model>('m');
    const [first, second] = await serveLab.get([handle.remote(), handle.options({ methodName: 'add' }).remote(1)]);
    isTrue<Same<typeof first, { language: string }>>(true);
    isTrue<Same<typeof second, number>>(true);
    assert.equal([first.language, second], ['en', 4]);
  }),
);

test.run();
