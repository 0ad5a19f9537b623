/** Functions and classes that others capture. */
import { EventEmitter } from 'node:events';
import { suite } from 'uvu';
import { type Shapes, testShapes, withHosts } from './shape-table.ts';

const test = suite('captured functions and classes');
const { hosts } = withHosts(test);

class Shape {
  readonly name: string;
  static made = 0;
  constructor(name: string) {
    this.name = name;
    Shape.made += 1;
  }
  area(): number {
    return 0;
  }
  describe(): string {
    return `${this.name} of ${this.area()}`;
  }
}

class Square extends Shape {
  readonly #side: number;
  constructor(side: number) {
    super('square');
    this.#side = side;
  }
  override area(): number {
    return this.#side ** 2;
  }
  #double(): number {
    return this.#side * 2;
  }
  get perimeter(): number {
    return 2 * this.#double();
  }
  static is(value: object): boolean {
    return #side in value;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: what TypeScript wants of a mixin
type Constructor = new (...args: any[]) => { describe(): string };
const Named = <Base extends Constructor>(base: Base, label: string) =>
  class extends base {
    label(): string {
      return `${label} ${super.describe()}`;
    }
  };

const shapes: Shapes = {
  'a function that uses another': () => {
    const twice = (x: number) => x * 2;
    const thrice = (x: number) => x + twice(x);
    return () => thrice(2);
  },
  'a function that calls itself by its variable': () => {
    const factorial = (n: number): number => (n > 1 ? n * factorial(n - 1) : 1);
    return () => factorial(10);
  },
  'functions that call each other': () => {
    const isEven = (n: number): boolean => n === 0 || isOdd(n - 1);
    const isOdd = (n: number): boolean => n !== 0 && isEven(n - 1);
    return () => [isEven(10), isOdd(7), isEven(3)];
  },
  'a function declaration and a named expression': () => {
    function plus(a: number, b: number): number {
      return a + b;
    }
    const sum = function total(values: number[]): number {
      return values.length === 0 ? 0 : plus(values[0] ?? 0, total(values.slice(1)));
    };
    return () => [sum([1, 2, 3]), sum.name, plus.name];
  },
  'asynchronous functions': () => {
    const later = async (x: number) => {
      await null;
      return x + 1;
    };
    return async () => [await later(1), await Promise.all([later(2), later(3)])];
  },
  generators: () => {
    function* count(to: number): Generator<number> {
      for (let n = 1; n <= to; n++) yield n;
    }
    return () => [[...count(3)], Object.getPrototypeOf(count(1)) === count.prototype];
  },
  'asynchronous generators': () => {
    async function* count(to: number): AsyncGenerator<number> {
      for (let n = 1; n <= to; n++) yield n;
    }
    return async function* () {
      yield* count(2);
    };
  },
  'default values of parameters': () => {
    const rate = 3;
    const scaled = (x: number, by = rate, more = () => x * by) => more();
    return () => [scaled(2), scaled(2, 5)];
  },
  'a function made in the parameters of another': () => {
    const outer = (x: number, inner = () => x + 1) => {
      const y = x;
      return () => inner() + y;
    };
    const made = outer(4);
    return () => made();
  },
  'bound functions': () => {
    function greet(this: { name: string }, greeting: string, mark: string): string {
      return `${greeting}, ${this.name}${mark}`;
    }
    const bound = greet.bind({ name: 'Ada' }, 'hello');
    const again = bound.bind(null, '!');
    return () => [bound('?'), again(), bound.name, bound.length];
  },
  'a bound built-in': () => {
    const has = Function.prototype.call.bind(Object.prototype.hasOwnProperty);
    return () => [has({ a: 1 }, 'a'), has({}, 'a')];
  },
  'methods, written in every way': () => {
    const key = 'computed';
    const object = {
      base: 10,
      plain(x: number) {
        return this.base + x;
      },
      async later() {
        return this.base;
      },
      *each() {
        yield this.base;
      },
      [`${key}Key`]() {
        return this.base * 2;
      },
      arrow: (x: number) => x + key.length,
    };
    return async () => [
      object.plain(1),
      await object.later(),
      [...object.each()],
      object.computedKey?.(),
      object.arrow(1),
    ];
  },
  'a method taken out of its object': () => {
    const factor = 3;
    const { scale } = {
      scale(x: number) {
        return x * factor;
      },
    };
    return () => [scale(2), scale.name];
  },
  'a method taken out of its class is still the class’s': () => {
    class Model {
      call() {
        return 'called';
      }
    }
    const { call } = Model.prototype;
    return () => [call(), call === Model.prototype.call];
  },
  'the same, met before the class': () => {
    class Model extends Shape {
      override describe() {
        return `model: ${super.describe()}`;
      }
    }
    const all = { describe: Model.prototype.describe, Model };
    return () => [all.describe === all.Model.prototype.describe, all.describe.call(new all.Model('x'))];
  },
  'properties put on a function': () => {
    const tagged = Object.assign((x: number) => x, { version: 2, deep: { a: [1] } });
    return () => [tagged(1), tagged.version, tagged.deep, Object.keys(tagged)];
  },
  'a function that counts on itself': () => {
    const counter = Object.assign(() => ++counter.calls, { calls: 5 });
    return () => [counter(), counter(), counter.calls];
  },
  'two functions with one counter': () => {
    let count = 0;
    const increase = () => {
      count += 1;
    };
    const read = () => count;
    return () => {
      increase();
      increase();
      return [read(), count];
    };
  },
  'counters made by one factory stay apart': () => {
    const makeCounter = () => {
      let count = 0;
      return () => ++count;
    };
    const [first, second] = [makeCounter(), makeCounter()];
    return () => [first(), first(), second()];
  },
  'twins of two functions each stay pairs': () => {
    const makeCounter = () => {
      let count = 0;
      return { increase: () => ++count, read: () => count };
    };
    const [first, second] = [makeCounter(), makeCounter()];
    return () => {
      first.increase();
      return [first.read(), second.read(), second.increase(), first.increase()];
    };
  },
  'functions made in a loop share what is outside of it': () => {
    let total = 0;
    const add = [1, 2, 3].map((by) => () => {
      total += by;
      return total;
    });
    return () => [...add.map((one) => one()), total];
  },
  'variables of one name in scopes within each other': () => {
    let shared = 0;
    const make = () => {
      let own = 10;
      return {
        both: () => {
          shared += 1;
          own += 1;
          return [shared, own];
        },
        read: () => [shared, own],
      };
    };
    const one = make();
    one.both();
    const two = make();
    return () => [one.both(), two.both(), one.read(), two.read(), shared];
  },
  'a setter of a shared variable, and a class that reads it': () => {
    let mode = 'fast';
    const set = (next: string) => {
      mode = next;
    };
    class Reader {
      static read() {
        return mode;
      }
      mode = mode;
    }
    return () => {
      set('slow');
      return [mode, Reader.read(), new Reader().mode];
    };
  },
  'a class with its parent, private state, getters and statics': () => {
    Shape.made = 7;
    return () => {
      const square = new Square(3);
      return [
        square.describe(),
        square.perimeter,
        Shape.made,
        Square.is(square),
        Square.is({}),
        square instanceof Shape,
      ];
    };
  },
  'an instance keeps its class': () => {
    const shape = new Shape('circle');
    return () => [shape.describe(), shape instanceof Shape, shape.constructor === Shape, { ...shape }];
  },
  'a mixin': () => {
    class Thing extends Named(Shape, 'thing') {
      own = 1;
    }
    const thing = new Thing('a');
    return () => [new Thing('b').label(), thing.label(), thing instanceof Shape];
  },
  'static blocks do not run again': () => {
    const log: string[] = [];
    // biome-ignore lint/complexity/noStaticOnlyClass: the shape
    class Registered {
      static kinds = new Map<string, unknown>();
      static #secret = 'first';
      static {
        log.push('ran');
        Registered.kinds.set('own', Registered);
        Registered.#secret = 'second';
      }
      static secret() {
        return Registered.#secret;
      }
    }
    return () => [log, Registered.kinds.get('own') === Registered, Registered.secret()];
  },
  'private static state that changes': () => {
    // biome-ignore lint/complexity/noStaticOnlyClass: the shape
    class Ids {
      static #next = 1;
      static #given: Ids[] = [];
      static take() {
        Ids.#given.push(new Ids());
        return Ids.#next++;
      }
      static get count() {
        return Ids.#given.length;
      }
    }
    Ids.take();
    return () => [Ids.take(), Ids.take(), Ids.count];
  },
  'a static field that cannot travel is made anew': () => {
    // biome-ignore lint/complexity/noStaticOnlyClass: the shape
    class Model {
      static readonly ready = Promise.resolve('ready');
      static readonly #own = new WeakMap<object, number>([[Model, 5]]);
      static get own() {
        return Model.#own.get(Model);
      }
    }
    return async () => [await Model.ready, Model.own];
  },
  'keys that were computed': () => {
    const [text, symbol] = ['first', Symbol('second')];
    class Keyed {
      [`${text}Method`]() {
        return 1;
      }
      static [symbol]() {
        return 2;
      }
      get [`${text}Getter`]() {
        return 3;
      }
    }
    const first = new Keyed() as unknown as Record<string, () => number>;
    return () => {
      const keyed = new Keyed() as unknown as Record<string, () => number>;
      return [keyed.firstMethod?.(), Keyed[symbol]?.(), keyed.firstGetter, first.firstMethod?.()];
    };
  },
  'methods put on, replaced and taken away': () => {
    class Patched {
      kept() {
        return 'kept';
      }
      replaced() {
        return 'old';
      }
      removed() {}
      static tool() {
        return 'tool';
      }
    }
    const prototype = Patched.prototype as unknown as Record<string, unknown>;
    prototype.added = () => 'added';
    prototype.replaced = () => 'new';
    delete prototype.removed;
    Object.assign(Patched, { tool: () => 'other tool', table: [1] });
    return () => {
      const patched = new Patched() as unknown as Record<string, () => string>;
      const { tool, table } = Patched as unknown as { tool: () => string; table: number[] };
      return [patched.kept?.(), patched.replaced?.(), patched.added?.(), 'removed' in patched, tool(), table];
    };
  },
  'a frozen class': () => {
    const Fixed = Object.freeze(
      class {
        call() {
          return 1;
        }
      },
    );
    return () => [Object.isFrozen(Fixed), new Fixed().call()];
  },
  'constructor functions with a prototype': () => {
    function Animal(this: { sound: string }, sound: string) {
      this.sound = sound;
    }
    Animal.prototype.speak = function () {
      return this.sound;
    };
    const Maker = Animal as unknown as new (sound: string) => { speak(): string };
    const cat = new Maker('meow');
    return () => [cat.speak(), new Maker('woof').speak(), cat instanceof Maker, cat.constructor === Maker];
  },
  'children of built-in classes': () => {
    class Table extends Map<string, number> {
      total() {
        return [...this.values()].reduce((sum, one) => sum + one, 0);
      }
    }
    class List extends Array<number> {
      last() {
        return this.at(-1);
      }
    }
    class Bytes extends Uint8Array {
      sum() {
        return this.reduce((sum, one) => sum + one, 0);
      }
    }
    class Failure extends Error {
      readonly code = 'FAILED';
      override readonly name = 'Failure';
    }
    const [table, list, bytes] = [new Table([['a', 1]]), List.from([1, 2]) as List, new Bytes([1, 2])];
    const failure = new Failure('no');
    return () => [
      table.set('b', 2).size,
      table.total(),
      list.last(),
      list.length,
      bytes.sum(),
      `${failure}`,
      failure.code,
      failure instanceof Failure,
      new Failure('x') instanceof Error,
    ];
  },
  'an event emitter with its listeners': () => {
    let hits = 0;
    const emitter = new EventEmitter();
    emitter.on('hit', (by: number) => {
      hits += by;
    });
    return () => [emitter.emit('hit', 2), emitter.emit('miss'), emitter.listenerCount('hit'), hits];
  },
  'a class that extends nothing at all': () => {
    class Bare extends (null as unknown as typeof Object) {
      static answer() {
        return 'called';
      }
    }
    return () => [Bare.answer(), Object.getPrototypeOf(Bare.prototype) === null];
  },
  'accessors of a class, lifted': () => {
    class Box {
      value = 4;
      get double() {
        return this.value * 2;
      }
    }
    const double = Object.getOwnPropertyDescriptor(Box.prototype, 'double')?.get;
    return () => [double?.call(new Box()), double === Object.getOwnPropertyDescriptor(Box.prototype, 'double')?.get];
  },
  'closures over closures': () => {
    const adder = (a: number) => (b: number) => (c: number) => a + b + c;
    const [one, two] = [adder(1), adder(1)(2)];
    return () => [one(2)(3), two(3)];
  },
  'a scheduler of its own: functions in maps and lists': () => {
    const handlers = new Map([['double', (x: number) => x * 2]]);
    const steps = [handlers.get('double'), (x: number) => x + 1];
    return () => [steps.reduce((x, step) => step?.(x) ?? x, 5), steps[0] === handlers.get('double')];
  },
};

testShapes(test, shapes, hosts);

test.run();
