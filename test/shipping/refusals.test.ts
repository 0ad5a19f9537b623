/** What cannot travel: the whole message, with the path to it and the way out. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { createServer, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import vm from 'node:vm';
import { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ServeError } from '../../lib/errors.ts';
import { ObjectRef } from '../../lib/object-ref.ts';
import { ship } from '../../lib/shipping/ship.ts';

const test = suite('refusals');

const none = { initArgs: [] };
const typed = (code: string): unknown => vm.runInThisContext(code, { filename: 'REPL1' });
const inConstructor = 'create it in the constructor, or use imported(module, export)';

async function refusalOf(target: unknown): Promise<string> {
  const error = await ship(target, none).then(
    () => assert.unreachable('it was shipped'),
    (thrown: unknown) => thrown,
  );
  assert.instance(error, ServeError);
  assert.is((error as ServeError).code, 'NOT_SHIPPABLE');
  return (error as ServeError).message;
}

/** [what, the target, the message behind `cannot ship function 'score': `] */
const REFUSED: readonly (readonly [what: string, make: () => unknown, message: string])[] = [
  [
    'an open socket in an object',
    () => {
      const db = { socket: new Socket() };
      return function score() {
        return db;
      };
    },
    `score → db → socket (net.Socket) belongs to this process; ${inConstructor}`,
  ],
  [
    'a server behind a function of a class',
    () => {
      const server = createServer();
      class Gate {
        open() {
          return server;
        }
      }
      return function score() {
        return new Gate();
      };
    },
    `score → Gate → server (net.Server) belongs to this process; ${inConstructor}`,
  ],
  [
    'a stream in a map in a list',
    () => {
      const inputs = [new Map([['first', Readable.from(['a'])]])];
      return function score() {
        return inputs;
      };
    },
    `score → inputs → [0] → get("first") (stream.Readable) belongs to this process; ${inConstructor}`,
  ],
  [
    'a timer',
    () => {
      const timer = setTimeout(() => {}, 0);
      return function score() {
        return timer;
      };
    },
    `score → timer (Timeout) belongs to this process; ${inConstructor}`,
  ],
  [
    'a promise',
    () => {
      const pending = Promise.resolve(1);
      return function score() {
        return pending;
      };
    },
    'score → pending (Promise) has no value yet; await it and capture what it gives',
  ],
  [
    'a reference to a result',
    () => {
      const ref = new ObjectRef();
      return function score() {
        return ref;
      };
    },
    'score → ref (ObjectRef) is a result that may not be there yet; await it and capture what it gives',
  ],
  [
    'a proxy',
    () => {
      const view = new Proxy({}, {});
      return function score() {
        return view;
      };
    },
    'score → view (Proxy) hides what is behind it; capture the object behind it',
  ],
  [
    'a revoked proxy, as a prototype',
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      const child = Object.create(proxy);
      revoke();
      return function score() {
        return child;
      };
    },
    'score → child (object) has a Proxy as its prototype; capture an object without one',
  ],
  [
    'a WeakMap',
    () => {
      const cache = new WeakMap();
      return function score() {
        return cache;
      };
    },
    'score → cache (WeakMap) cannot be listed; use a Map, or create it in the constructor',
  ],
  [
    'a WeakRef among the members of a set',
    () => {
      const seen = new Set([new WeakRef({})]);
      return function score() {
        return seen;
      };
    },
    'score → seen → the member 0 (WeakRef) does not hold what it points to; capture that itself',
  ],
  [
    'a generator under way',
    () => {
      const ids = (function* () {
        yield 1;
      })();
      return function score() {
        return ids;
      };
    },
    'score → ids (Generator) is in progress; capture its function and start it inside',
  ],
  [
    'an iterator',
    () => {
      const rest = [1, 2].values();
      return function score() {
        return rest;
      };
    },
    'score → rest (Iterator) is in progress; capture what it goes through',
  ],
  [
    'an instance with private state',
    () => {
      class Tokenizer {
        #vocab = new Map();
        #size() {
          return this.#vocab.size;
        }
        get() {
          return this.#size();
        }
      }
      const tokenizer = new Tokenizer();
      return function score() {
        return tokenizer;
      };
    },
    `score → tokenizer (Tokenizer) has private state (#vocab, #size()), which only its class can copy; ${inConstructor}`,
  ],
  [
    'an instance with nothing private but methods, of a parent',
    () => {
      class Parent {
        #seal() {}
        check() {
          this.#seal();
        }
      }
      class Child extends Parent {}
      const child = new Child();
      return function score() {
        return child;
      };
    },
    `score → child (Child) has private state (#seal()), which only its class can copy; ${inConstructor}`,
  ],
  [
    'an abort signal as the key of a map',
    () => {
      const watched = new Map([[new AbortController().signal, 1]]);
      return function score() {
        return watched;
      };
    },
    `score → watched → the key get(…) (AbortSignal) belongs to this process; ${inConstructor}`,
  ],
  [
    'a native function',
    () => {
      const { resolve } = Promise.withResolvers();
      return function score() {
        return resolve;
      };
    },
    'score → resolve (function) is native, and JavaScript has no source of it; ' +
      'wrap it in a function that makes it, or use imported(module, export)',
  ],
  [
    'an arrow that uses this',
    () => {
      class Model {
        factor = 2;
        readonly scale = (x: number) => x * this.factor;
      }
      const { scale } = new Model();
      return function score() {
        return scale(1);
      };
    },
    "score → scale uses 'this' of the code around it; make it a method of a class, or copy what it needs into a variable",
  ],
  [
    'a method that uses super',
    () => {
      const parent = { greet: () => 'hello' };
      const child = {
        __proto__: parent,
        greet() {
          return super.toString();
        },
      };
      const { greet } = child;
      return function score() {
        return greet();
      };
    },
    "score → greet uses 'super' of the object it was written in; give the class",
  ],
  [
    'new.target, and arguments, of a function around',
    () => {
      const make = function () {
        // biome-ignore lint/complexity/noArguments: the shape
        return { target: () => new.target, first: () => arguments[0] };
      };
      const { target, first } = make();
      return function score() {
        return [target(), first()];
      };
    },
    "score → target uses 'new.target' of the code around it; make it a method of a class, or copy what it needs into a variable. " +
      "Also, score → first uses 'arguments' of the code around it; make it a method of a class, or copy what it needs into a variable",
  ],
  [
    'a private name of a class',
    () => {
      class Model {
        #secret = 1;
        static readonly read = (model: Model) => model.#secret;
      }
      const { read } = Model;
      return function score() {
        return read;
      };
    },
    "score → read uses the private '#secret' of its class; give the class",
  ],
  [
    'import.meta',
    () => {
      const where = () => import.meta.url;
      return function score() {
        return where();
      };
    },
    "score → where uses 'import.meta', which only a module has; read it outside and use the value",
  ],
  [
    'direct eval',
    () => typed('(() => { const run = (code) => eval(code); return function score() { return run("1") } })()'),
    "score → run calls 'eval', which may use any variable around it; write '(0, eval)' to have it see globals alone",
  ],
  [
    'with',
    () =>
      typed(
        '(() => { const read = function (o) { with (o) { return o } }; return function score() { return read } })()',
      ),
    "score → read uses 'with', which hides what its names mean; name the object each time",
  ],
  [
    'a name within with',
    () => typed('(function (o) { with (o) { return function score() { return secret } } })({ secret: 1 })'),
    "score → secret stands in a 'with', which hides what names mean; copy it into a variable",
  ],
  [
    'a global that is not there',
    () => typed('(() => { const helper = () => nowhere; return function score() { return helper() } })()'),
    'score → helper → nowhere is not defined, or is only the name of a function around it; ' +
      'define it as a variable, or import it inside with `await import(...)`',
  ],
  [
    'a global whose getter throws',
    () => {
      const get = () => {
        throw new Error('not today');
      };
      Object.defineProperty(globalThis, 'moody', { get, configurable: true });
      return typed('(function score() { return moody })');
    },
    'score → moody is a global whose getter throws (not today); copy its value into a variable',
  ],
  [
    'the name of the function around',
    () => {
      const outer = function retry() {
        return () => retry;
      };
      const again = outer();
      return function score() {
        return again;
      };
    },
    'score → again → retry is not defined, or is only the name of a function around it; ' +
      'define it as a variable, or import it inside with `await import(...)`',
  ],
  [
    'bytes that were transferred',
    () => {
      const bytes = new Uint8Array(4);
      structuredClone(bytes, { transfer: [bytes.buffer] });
      return function score() {
        return bytes;
      };
    },
    'score → bytes (Uint8Array) was transferred to another thread and is empty here; capture a copy of it',
  ],
  [
    'a getter’s own captures',
    () => {
      const pending = Promise.resolve(1);
      const lazy = {
        get value() {
          return pending;
        },
      };
      return function score() {
        return lazy;
      };
    },
    'score → lazy → get value → pending (Promise) has no value yet; await it and capture what it gives',
  ],
];

for (const [what, make, message] of REFUSED) {
  test(what, async () => {
    assert.is(await refusalOf(make()), `cannot ship function 'score': ${message}`);
    Reflect.deleteProperty(globalThis, 'moody');
  });
}

test('a variable without a value yet', async () => {
  const refused = refusalOf(function score() {
    return later;
  });
  const message = await refused;
  const later = 1;
  const wanted = 'score → later has no value yet; create the backend below its declaration';
  assert.is(message, `cannot ship function 'score': ${wanted}`);
  assert.is(later, 1);
});

test('what belongs to the process, by its kind', async () => {
  const file = await open(process.execPath);
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  const worker = new Worker('', { eval: true });
  const { port1, port2 } = new MessageChannel();
  const exits = [once(child, 'exit'), once(worker, 'exit')];
  const wanted = ['FileHandle', 'child_process.ChildProcess', 'worker_threads.Worker', 'MessagePort'];
  const all = [() => file, () => child, () => worker, () => port1];
  for (const [index, target] of all.entries()) {
    const message = await refusalOf(target);
    assert.ok(message.includes(`(${wanted[index]}) belongs to this process; ${inConstructor}`), message);
  }
  port2.close();
  await Promise.all([file.close(), ...exits]);
});

test('a proxy as a target', async () => {
  const wanted =
    'cannot ship a Proxy of a function: (anonymous) (Proxy) hides the function behind it; capture that function itself';
  assert.is(await refusalOf(new Proxy(() => 1, {})), wanted);
  const { proxy, revoke } = Proxy.revocable(() => 1, {});
  revoke();
  assert.is(await refusalOf(proxy), wanted);
});

test('a class is named as one', async () => {
  const port = Promise.resolve(1);
  class Model {
    call() {
      return port;
    }
  }
  const wanted = 'Model → port (Promise) has no value yet; await it and capture what it gives';
  assert.is(await refusalOf(Model), `cannot ship class 'Model': ${wanted}`);
});

test('many problems are one message, and not all of them are listed', async () => {
  const all = Array.from({ length: 8 }, () => new WeakSet());
  const message = await refusalOf(() => all);
  assert.is(message.match(/cannot be listed/g)?.length, 5);
  assert.match(message, /Also, \(anonymous\) → all → \[4\] \(WeakSet\).*; .*\. Also, 3 more$/);
});

test('without an inspector a name from outside is refused, one of the language’s is not', async () => {
  const { getBuiltinModule } = process;
  const outside = 1;
  process.getBuiltinModule = (() => undefined) as never;
  try {
    assert.is((await ship(() => Math.max(1, 2), none)).kind, 'value');
    const message = await refusalOf(function score() {
      return [outside, test, Math];
    });
    const reason =
      'score uses outside, test from outside its own source, which cannot be read as this Node runs without an inspector';
    const advice = 'allow it (--allow-inspector), pass values through initArgs, or use imported(module, export)';
    assert.is(message, `cannot ship function 'score': ${reason}; ${advice}`);
  } finally {
    process.getBuiltinModule = getBuiltinModule;
  }
});

test('so it is under the permission model', async () => {
  const shipper = new URL('../../lib/shipping/ship.js', import.meta.url).href;
  const code = `const { ship } = await import('${shipper}');
    const outside = 1;
    console.log((await ship(() => Math.PI, { initArgs: [] })).kind);
    await ship(() => outside, { initArgs: [] }).catch(({ code, message }) => console.log(code, message));`;
  const args = ['--permission', '--allow-fs-read=*', '--input-type=module', '-e', code];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const [own, refused] = stdout.split('\n');
  assert.is(own, 'value');
  assert.match(refused ?? '', /^NOT_SHIPPABLE .*uses outside from outside .*\(--allow-inspector\)/);
});

test.run();
