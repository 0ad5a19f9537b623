import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fails, handleOf, withInstance } from './support/instance.ts';
import { inThreadsAndProcesses } from './support/isolations.ts';

const test = inThreadsAndProcesses(suite('methods'));

test(
  'a named method gets data and request by handle, the request over HTTP; call gets the request',
  withInstance(async (client, url) => {
    class Model extends class {
      inherited(): string {
        return 'of the parent';
      }
    } {
      #hidden = 1;
      static make(): string {
        return 'static';
      }
      call(): string {
        return `call ${this.#hidden}`;
      }
      async add(first: number | serve.ServeRequest, request?: serve.ServeRequest): Promise<unknown> {
        if (typeof first === 'number') return [first, request?.data, request?.source];
        return [await first.text(), first.source, request === undefined];
      }
    }
    const handle = await handleOf(client, 'm', Model);
    const named = (methodName: string) => handle.options({ methodName });
    const post = (method: string) =>
      fetch(`${url}/m`, { method: 'POST', body: '5', headers: { 'X-SERVE-CALL-METHOD': method } });
    assert.is(await handle.remote(), 'call 1');
    assert.is(await named('call').remote(), 'call 1');
    assert.equal(await named('add').remote(5), [5, 5, 'handle']);
    assert.equal(await (await post('add')).json(), ['5', 'http', true]);
    assert.is(await named('inherited').remote(), 'of the parent');
    assert.is(await (await post('inherited')).text(), 'of the parent');
    await fails(named('make').remote(), 'METHOD_NOT_FOUND', "'make'");
  }),
);

const HOSTILE = [
  'constructor',
  'reconfigure',
  'shutdown',
  'checkHealth',
  '__proto__',
  'toString',
  'valueOf',
  'toLocaleString',
  'hasOwnProperty',
  'isPrototypeOf',
  'propertyIsEnumerable',
  '__defineGetter__',
  '__defineSetter__',
  '__lookupGetter__',
  '__lookupSetter__',
  '_private',
  '__call__',
  '#secret',
  'secret',
  'getter',
  'setter',
  'field',
  'fieldFunction',
  'then',
  'prototype',
  'name',
  'length',
  'caller',
  'arguments',
  'apply',
  'bind',
  'Call',
  'CALL',
  'call ',
  'call()',
  'call.call',
  'add.constructor',
  'undefined',
  'null',
  'NaN',
  '0',
  '-1',
  '../call',
  'call%00',
  'toJSON',
  'inspect',
  'dispose',
  'Symbol.iterator',
  '@@iterator',
  '%',
  '*',
  '?',
  'eval',
  'parentGetter',
  '_parent',
];

test(
  'no reserved or hostile name is a method, by handle or over HTTP, and nothing of the user’s runs',
  withInstance(async (client, url) => {
    class Model extends class {
      ran: string[] = [];
      get parentGetter(): () => number {
        this.ran.push('parentGetter');
        return () => 1;
      }
      _parent(): void {
        this.ran.push('_parent');
      }
    } {
      field = 'value';
      fieldFunction = () => this.ran.push('fieldFunction');
      get getter(): () => number {
        this.ran.push('getter');
        return () => 1;
      }
      set setter(_value: unknown) {
        this.ran.push('setter');
      }
      _private(): void {
        this.ran.push('_private');
      }
      __call__(): void {
        this.ran.push('__call__');
      }
      #secret(): string[] {
        return this.ran;
      }
      reconfigure(): void {
        this.ran.push('reconfigure');
      }
      shutdown(): void {
        this.ran.push('shutdown');
      }
      checkHealth(): void {
        this.ran.push('checkHealth');
      }
      call(): string[] {
        return this.#secret();
      }
    }
    const handle = await handleOf(client, 'm', Model);
    assert.ok(HOSTILE.length >= 40);
    for (const methodName of HOSTILE) {
      const error = await fails(handle.options({ methodName }).remote(), 'METHOD_NOT_FOUND', `'${methodName}'`);
      assert.not.ok(
        error.message.includes('fieldFunction') && methodName !== 'fieldFunction',
        'the methods there are stay untold',
      );
      const name = methodName.trim() === methodName ? methodName : null;
      if (name === null) continue;
      const answer = await fetch(`${url}/m`, { headers: { 'X-SERVE-CALL-METHOD': name } });
      assert.is(answer.status, 404, name);
      assert.is(((await answer.json()) as { error: { code: string } }).error.code, 'METHOD_NOT_FOUND', name);
    }
    assert.equal(await handle.remote(), []);
  }),
);

test(
  'a class extended from a built-in offers its own methods alone',
  withInstance(async (client) => {
    class Store extends Map<string, number> {
      own(key: string): number | undefined {
        return this.get(key);
      }
    }
    const handle = await handleOf(client, 's', Store);
    assert.is(await handle.options({ methodName: 'own' }).remote('a'), undefined);
    for (const methodName of ['get', 'set', 'clear', 'entries', 'size', 'call']) {
      await fails(handle.options({ methodName }).remote('a'), 'METHOD_NOT_FOUND', `'${methodName}'`);
    }
    await fails(handle.remote(), 'METHOD_NOT_FOUND', "'call'");
  }),
);

test(
  'a function has call and nothing else',
  withInstance(async (client, url) => {
    const handle = await handleOf(client, 'f', (request) => request.data ?? 'none');
    assert.is(await handle.options({ methodName: 'call' }).remote(1), 1);
    await fails(handle.options({ methodName: 'apply' }).remote(1), 'METHOD_NOT_FOUND', "'apply'");
    assert.is((await fetch(`${url}/f`, { headers: { 'X-SERVE-CALL-METHOD': 'bind' } })).status, 404);
  }),
);

test(
  'a request from HTTP that is passed to a named method is its data',
  withInstance(async (client, url) => {
    await handleOf(
      client,
      'inner',
      class {
        async shout(request: serve.ServeRequest): Promise<string> {
          return (await request.text()).toUpperCase();
        }
      },
    );
    await handleOf(client, 'outer', async (request) => {
      const handle = await (await serve.connect()).getHandle('inner');
      return handle.options({ methodName: 'shout' }).remote(request);
    });
    assert.is(await (await fetch(`${url}/outer`, { method: 'POST', body: 'hi' })).text(), 'HI');
  }),
);

test.run();
