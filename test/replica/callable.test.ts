import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ServeError } from '../../lib/errors.ts';
import { Callable, type RevivedTarget } from '../../lib/replica/callable.ts';

const test = suite('Callable');

class Parent {
  inherited(): string {
    return 'of the parent';
  }

  overridden(): string {
    return 'of the parent';
  }
}

class Model extends Parent {
  readonly #secret = 'kept';
  readonly field = () => 'a field';

  get computed(): () => string {
    throw new Error('a getter must not run');
  }

  call(): string {
    return `called with ${this.#secret}`;
  }

  override overridden(): string {
    return 'of the child';
  }

  reconfigure(): void {}
  shutdown(): void {}
  checkHealth(): void {}
  _hidden(): void {}
  static ofClass(): void {}
}

const ofClass = (target: unknown, batched: RevivedTarget['batched'] = 'none', initArgs: unknown[] = []): Callable =>
  Callable.create('b', { target: target as RevivedTarget['target'], isClass: true, batched }, initArgs);

const codeOf = (act: () => unknown): string | null => {
  try {
    act();
    return null;
  } catch (error) {
    assert.instance(error, ServeError);
    return (error as ServeError).code;
  }
};

for (const name of [null, 'call', 'inherited', 'overridden']) {
  test(`${name ?? 'no name'} can be called`, () => {
    assert.type(ofClass(Model).method(name).run, 'function');
  });
}

for (const name of [
  ...['constructor', 'reconfigure', 'shutdown', 'checkHealth', '_hidden', '#secret', 'secret', 'computed', 'field'],
  ...['ofClass', 'toString', 'hasOwnProperty', '__proto__', '__defineGetter__', 'valueOf', 'then', ''],
]) {
  test(`'${name}' cannot be called from outside`, () => {
    assert.is(
      codeOf(() => ofClass(Model).method(name)),
      'METHOD_NOT_FOUND',
    );
  });
}

test("methods of built-in parents are not the user's", () => {
  class Store extends Map {
    call(): number {
      return this.size;
    }
  }
  const callable = ofClass(Store);
  assert.is(
    codeOf(() => callable.method('clear')),
    'METHOD_NOT_FOUND',
  );
  assert.type(callable.method('call').run, 'function');
});

test('a call that is a field of the instance is the call', () => {
  class WithField {
    call = () => 'by arrow';
  }
  const callable = ofClass(WithField);
  assert.is(callable.method(null).run(), 'by arrow');
});

test('a class with other methods only has no call, and the message names none of them', () => {
  class Named {
    add(): void {}
  }
  try {
    ofClass(Named).method(null);
    assert.unreachable();
  } catch (error) {
    assert.not.match((error as Error).message, 'add');
  }
});

test('a function has a call and nothing else', () => {
  const callable = Callable.create('b', { target: () => 'f', isClass: false, batched: 'none' }, []);
  assert.is(callable.method(null).run(), 'f');
  assert.is(
    codeOf(() => callable.method('apply')),
    'METHOD_NOT_FOUND',
  );
  assert.is(callable.canReconfigure, false);
});

test('says which methods take arrays', () => {
  assert.is(ofClass(Model).acceptsBatches, false);
  assert.is(ofClass(Model, 'all').method('inherited').takesArrays, true);
  const some = ofClass(Model, new Set(['call']));
  assert.equal(
    [some.acceptsBatches, some.method('call').takesArrays, some.method('inherited').takesArrays],
    [true, true, false],
  );
});

test("the constructor gets the arguments, and what it throws is the user's own error", () => {
  class Picky {
    readonly wanted: number;

    constructor(wanted: number) {
      if (wanted !== 1) throw new RangeError('not one');
      this.wanted = wanted;
    }

    call(): number {
      return this.wanted;
    }
  }
  assert.is(ofClass(Picky, 'none', [1]).method('call').takesArrays, false);
  assert.throws(
    () => ofClass(Picky, 'none', [2]),
    (error: Error) => error instanceof RangeError,
  );
});

test('life-cycle methods are optional, awaited, and their failures come out', async () => {
  class Plain {
    call(): void {}
  }
  await ofClass(Plain).reconfigure({});
  await ofClass(Plain).checkHealth();
  await ofClass(Plain).shutdown();
  class Ill {
    async checkHealth(): Promise<boolean> {
      return false;
    }

    async shutdown(): Promise<void> {
      throw new Error('stuck');
    }
  }
  await ofClass(Ill)
    .checkHealth()
    .then(
      () => assert.unreachable(),
      (error: Error) => assert.match(error.message, 'returned false'),
    );
  await ofClass(Ill)
    .shutdown()
    .then(
      () => assert.unreachable(),
      (error: Error) => assert.is(error.message, 'stuck'),
    );
});

test.run();
