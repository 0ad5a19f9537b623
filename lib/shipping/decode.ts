import type { Part } from '../domain/part.ts';
import { unpack } from '../wire/value.ts';
import { builtInAt } from './built-in-path.ts';
import { type Callable, isCallable, nameOf } from './callable.ts';
import { type Captured, FunctionDefiner } from './define-function.ts';
import { giveBelongings } from './give-belongings.ts';
import { importExport, requireIn } from './import-export.ts';
import { makeObject } from './make-object.ts';
import { isRef, refsHeldBy, refsNeededBy } from './node-refs.ts';
import type { FunctionNode, MemberNode, ObjectNode, ShippedNode, Value, ValueShipment } from './shipment.ts';

/** What a replica has for the code it runs. */
export interface Provided {
  /** The toolkit. */
  readonly serve: object;
  /** Puts an object of the toolkit's own together. */
  readonly part: (part: Part) => unknown;
}

/** The target of a shipment, put together again. Rejects with what the user's code or an import throws. */
export async function decode(shipment: ValueShipment, provided: Provided): Promise<unknown> {
  const decoding = new Decoding(shipment, provided);
  await decoding.importAll();
  return decoding.run();
}

class Decoding {
  readonly #shipment: ValueShipment;
  readonly #provided: Provided;
  readonly #definer: FunctionDefiner;
  readonly #values: unknown[];
  readonly #isMade: boolean[];
  /** Whether a node cannot be made without a class whose definition runs code of the user's. */
  readonly #waits: boolean[] = [];
  readonly #underWay = new Set<number>();
  /** Captured variables whose values were not there when their function was made. */
  #late: { readonly value: Value; readonly set: (value: unknown) => void }[] = [];

  constructor(shipment: ValueShipment, provided: Provided) {
    this.#shipment = shipment;
    this.#provided = provided;
    const { nodes, variables } = shipment;
    this.#values = new Array(nodes.length);
    this.#isMade = new Array(nodes.length).fill(false);
    this.#definer = new FunctionDefiner(nodes.filter(isFunction), variables, (value, set) =>
      this.#setWhenMade(value, set),
    );
  }

  async importAll(): Promise<void> {
    await Promise.all(
      this.#shipment.nodes.map(async (node, id) => {
        if (node.type === 'import') this.#keep(id, await importExport(node));
      }),
    );
  }

  /**
   * First everything that waits for no class with code of its own, filled with what it holds; then those classes, which
   * may look at what they captured; then the rest. What is captured was mostly found after who captured it, so to start
   * from the back finds it made.
   */
  run(): unknown {
    const { nodes, root } = this.#shipment;
    const backwards = nodes.map((_, id) => nodes.length - 1 - id);
    const isReady = backwards.filter((id) => !this.#isWaiting(id));
    for (const id of isReady) this.#make(id);
    const isWhole = (id: number): boolean => this.#isMade[id] === true && this.#holdsOnlyMade(id);
    const early = new Set(isReady.filter(isWhole));
    for (const id of early) this.#fill(id);
    this.#setLate();
    for (const id of backwards) this.#make(id);
    for (const id of backwards) if (!early.has(id)) this.#fill(id);
    this.#setLate();
    for (const id of backwards) this.#close(id);
    return this.#values[root];
  }

  #isWaiting(id: number): boolean {
    const known = this.#waits[id];
    const node = this.#shipment.nodes[id];
    if (known !== undefined || node === undefined) return known === true;
    const isEager = node.type === 'function' && node.isEager;
    const waits = isEager || refsNeededBy(node).some(([needed]) => this.#isWaiting(needed));
    this.#waits[id] = waits;
    return waits;
  }

  #holdsOnlyMade(id: number): boolean {
    const node = this.#shipment.nodes[id];
    return node === undefined || refsHeldBy(node).every(([held]) => this.#isMade[held]);
  }

  #make(id: number): void {
    const node = this.#shipment.nodes[id];
    if (this.#isMade[id] || node === undefined) return;
    this.#underWay.add(id);
    for (const [needed] of refsNeededBy(node)) this.#make(needed);
    this.#keep(id, this.#makeNode(node));
    this.#underWay.delete(id);
  }

  #keep(id: number, value: unknown): void {
    this.#values[id] = value;
    this.#isMade[id] = true;
  }

  #makeNode(node: ShippedNode): unknown {
    switch (node.type) {
      case 'function':
        return this.#define(node);
      case 'symbol':
        return node.isRegistered ? Symbol.for(node.key ?? '') : Symbol(node.key);
      case 'built-in':
        return requireBuiltIn(node.path);
      case 'import':
        throw new Error('imports are there before anything is made');
      case 'require':
        return requireIn(node.from);
      case 'serve':
        return this.#provided.serve;
      case 'part':
        return unpack(node.packed, this.#provided.part);
      case 'member':
        return this.#member(node);
      default:
        return makeObject(node, this.#get);
    }
  }

  #define(node: FunctionNode): unknown {
    const setters: Record<string, (value: unknown) => void> = {};
    const captured = node.captures.map(([name, value]): Captured => {
      const isLate = isRef(value) && !this.#canMake(value[0]);
      return { name, value: isLate ? undefined : this.#get(value), isLate };
    });
    const { privateStatics } = node;
    if (privateStatics !== null) captured.push({ name: privateStatics.holder, value: setters, isLate: false });
    const { made, set } = this.#definer.define(node, captured);
    for (const [name, value] of node.captures) if (set[name]) this.#setWhenMade(value, set[name]);
    for (const [name, value] of privateStatics?.values ?? [])
      if (setters[name]) this.#setWhenMade(value, setters[name]);
    if (node.name !== null && isCallable(made)) restoreName(made, node.name);
    return made;
  }

  /** Makes a captured value, unless it is a function, has to wait, or is what this is being made for. */
  #canMake(id: number): boolean {
    const node = this.#shipment.nodes[id];
    if (this.#isMade[id] || node === undefined) return true;
    if (this.#underWay.has(id) || node.type === 'function' || this.#isWaiting(id)) return false;
    if (!refsNeededBy(node).every(([needed]) => this.#canMake(needed))) return false;
    this.#make(id);
    return true;
  }

  #member({ of, side, key, as }: MemberNode): unknown {
    const owner = this.#get(of) as { readonly prototype: object };
    const holder = side === 'static' ? owner : owner.prototype;
    return Object.getOwnPropertyDescriptor(holder, this.#get(key) as PropertyKey)?.[as];
  }

  #get = (value: Value): unknown => (isRef(value) ? this.#values[value[0]] : value);

  #setWhenMade(value: Value, set: (value: unknown) => void): void {
    if (isRef(value) && !this.#isMade[value[0]]) this.#late.push({ value, set });
    else set(this.#get(value));
  }

  #setLate(): void {
    const late = this.#late;
    this.#late = [];
    for (const { value, set } of late) this.#setWhenMade(value, set);
  }

  #fill(id: number): void {
    const node = this.#shipment.nodes[id];
    if (node !== undefined && isHolder(node)) giveBelongings(this.#values[id] as object, node, this.#get);
  }

  /** When nothing more is put into anything. */
  #close(id: number): void {
    const node = this.#shipment.nodes[id];
    if (node === undefined || !isHolder(node) || node.integrity === undefined) return;
    const value = this.#values[id] as object;
    if (node.integrity === 'frozen') Object.freeze(value);
    else if (node.integrity === 'sealed') Object.seal(value);
    else Object.preventExtensions(value);
  }
}

const isFunction = (node: ShippedNode): node is FunctionNode => node.type === 'function';

const NOT_HOLDERS: readonly string[] = ['symbol', 'built-in', 'import', 'require', 'serve', 'part'];
const isHolder = (node: ShippedNode): node is FunctionNode | MemberNode | ObjectNode =>
  !NOT_HOLDERS.includes(node.type);

function requireBuiltIn(path: readonly string[]): unknown {
  const found = builtInAt(path);
  if (found === undefined) throw new Error(`this Node has no ${path.join('.')}`);
  return found;
}

/** Stacks and `name` show the variable or property it was written for, which the source alone may lack. */
function restoreName(target: Callable, name: string): void {
  const own = Object.getOwnPropertyDescriptor(target, 'name');
  // A class may define a `name` of its own, of any kind: that one is in its source.
  if (own !== undefined && typeof own.value !== 'string') return;
  if (nameOf(target) !== name) Reflect.defineProperty(target, 'name', { value: name, configurable: true });
}
