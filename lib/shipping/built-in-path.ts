/** How what every Node brings along is named: the same name gives the same thing in every thread and process. */

/**
 * What a path names: a global or a module (`node:fs`) first, then own properties. `@@iterator` is a well-known symbol,
 * `@@for x` the one that is registered as `x`; `get size` and `set size` are the two functions of an accessor. Undefined
 * where this Node has no such thing.
 */
export function builtInAt(path: readonly string[]): unknown {
  const [root = '', ...steps] = path;
  let found = rootAt(root);
  for (const step of steps) {
    if ((typeof found !== 'object' && typeof found !== 'function') || found === null) return undefined;
    found = stepInto(found, step);
  }
  return found;
}

/** What the language has without a name of its own, as functions that reach it. They use nothing but the language. */
export const UNNAMED: Readonly<Record<string, () => unknown>> = {
  '%TypedArray%': () => Object.getPrototypeOf(Uint8Array),
  '%GeneratorFunction%': () => Object.getPrototypeOf(function* () {}).constructor,
  '%AsyncFunction%': () => Object.getPrototypeOf(async () => {}).constructor,
  '%AsyncGeneratorFunction%': () => Object.getPrototypeOf(async function* () {}).constructor,
  '%AsyncIteratorPrototype%': () => Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}.prototype)),
  '%ArrayIteratorPrototype%': () => Object.getPrototypeOf([][Symbol.iterator]()),
  '%MapIteratorPrototype%': () => Object.getPrototypeOf(new Map()[Symbol.iterator]()),
  '%SetIteratorPrototype%': () => Object.getPrototypeOf(new Set()[Symbol.iterator]()),
  '%StringIteratorPrototype%': () => Object.getPrototypeOf(''[Symbol.iterator]()),
  '%RegExpStringIteratorPrototype%': () => Object.getPrototypeOf(''.matchAll(/x/g)),
  '%IteratorHelperPrototype%': () => Object.getPrototypeOf([].values().map(() => 0)),
};

/** What every EventEmitter carries under symbols of Node's own. */
export const EMITTER_SYMBOLS = '%EmitterSymbols%';

/** A symbol as a step of a path; null: only this thread has it. */
export const symbolStep = (symbol: symbol): string | null => {
  const registered = Symbol.keyFor(symbol);
  if (registered !== undefined) return `@@for ${registered}`;
  const name = /^Symbol\(Symbol\.(\w+)\)$/.exec(String(symbol))?.[1];
  return name !== undefined && Reflect.get(Symbol, name) === symbol ? `@@${name}` : null;
};

function rootAt(root: string): unknown {
  if (root.startsWith('node:')) return process.getBuiltinModule(root);
  if (root === EMITTER_SYMBOLS) return emitterSymbols();
  const reach = UNNAMED[root];
  return reach === undefined ? Reflect.get(globalThis, root) : reach();
}

function stepInto(owner: object, step: string): unknown {
  const accessor = /^(get|set) (.*)$/.exec(step);
  if (accessor !== null) {
    const descriptor = Object.getOwnPropertyDescriptor(owner, keyOf(accessor[2] ?? ''));
    return accessor[1] === 'get' ? descriptor?.get : descriptor?.set;
  }
  return Reflect.get(owner, keyOf(step));
}

function keyOf(step: string): string | symbol {
  if (step.startsWith('@@for ')) return Symbol.for(step.slice('@@for '.length));
  return step.startsWith('@@') ? (Reflect.get(Symbol, step.slice(2)) as symbol) : step;
}

export function emitterSymbols(): Readonly<Record<string, symbol>> {
  const { EventEmitter } = process.getBuiltinModule('node:events');
  const symbols = Object.getOwnPropertySymbols(new EventEmitter());
  return Object.fromEntries(symbols.map((symbol) => [String(symbol), symbol]));
}
