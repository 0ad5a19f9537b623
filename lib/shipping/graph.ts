import { types } from 'node:util';
import { type Callable, nameOf } from './callable.ts';
import { refsOf } from './node-refs.ts';
import type { Problem, Refusal } from './refusal.ts';
import type { FunctionUse } from './shared-variables.ts';
import type { Primitive, Ref, ShippedNode, Value } from './shipment.ts';

export type Encode = (value: object | symbol, id: number) => ShippedNode;

/**
 * Everything a target reaches, each thing once, in the order of its discovery. Nothing here recurses, so a list of a
 * million links is no deeper than one of two. Values are only read: no getter and no code of the user's runs.
 */
export class CaptureGraph {
  readonly problems: Problem[] = [];
  /** The functions among the nodes, whose captured variables are sorted out once all of them are known. */
  readonly functions = new Map<number, FunctionUse>();
  /** Nodes that are certain before their value is met: methods of classes, what is behind the name of an import. */
  readonly certain = new Map<unknown, ShippedNode>();
  readonly #encode: Encode;
  readonly #values: (object | symbol | null)[] = [];
  readonly #nodes: (ShippedNode | undefined)[] = [];
  readonly #ids = new Map<object | symbol, number>();
  readonly #foundAt: { readonly from: number; readonly label: string }[] = [];
  #undo: (() => void)[] = [];
  #next = 0;

  constructor(encode: Encode) {
    this.#encode = encode;
  }

  /** Its node, with all that it reaches behind it. */
  root(value: Callable): Ref {
    const name = types.isProxy(value) ? '' : nameOf(value);
    const ref = this.#add(value, -1, name || '(anonymous)');
    this.drain();
    return ref;
  }

  /** How a value stands in a node. `label` is its name as seen from node `from`. */
  value(value: unknown, from: number, label: string): Value {
    if (typeof value !== 'symbol' && typeof value !== 'function' && (typeof value !== 'object' || value === null)) {
      return value as Primitive;
    }
    const known = this.#ids.get(value);
    return known === undefined ? this.#add(value, from, label) : [known];
  }

  idOf(value: object | symbol): number | null {
    return this.#ids.get(value) ?? null;
  }

  /** The node of a value, if that is still what is at this number. */
  nodeOf(id: number, value: object): ShippedNode | undefined {
    return this.#values[id] === value ? this.#nodes[id] : undefined;
  }

  /** A node of ours, that stands for no value. */
  append(node: ShippedNode): Ref {
    const id = this.#values.push(null) - 1;
    this.#nodes[id] = node;
    this.#foundAt.push({ from: -1, label: '' });
    return [id];
  }

  /** Says what a value is, also if it has a node of another kind by now. */
  settle(value: object | symbol, node: ShippedNode): void {
    const before = this.certain.get(value);
    this.certain.set(value, node);
    this.#undo.push(() => (before ? this.certain.set(value, before) : this.certain.delete(value)));
    const id = this.#ids.get(value);
    if (id !== undefined && this.#nodes[id] !== undefined) this.replace(id, node);
  }

  replace(id: number, node: ShippedNode): void {
    const [before, use] = [this.#nodes[id], this.functions.get(id)];
    this.#nodes[id] = node;
    this.functions.delete(id);
    this.#undo.push(() => {
      this.#nodes[id] = before;
      if (use) this.functions.set(id, use);
    });
    this.#keepProblems((problem) => problem.node !== id);
  }

  refuse({ kind, reason, advice }: Refusal, from: number, label: string | null = null): void {
    const path = label === null ? this.#pathOf(from) : [...this.#pathOf(from), label];
    this.problems.push({ kind, reason, advice, path, node: from });
  }

  /** The value with all that it reaches, or null, and no trace of it, where any of that cannot travel. */
  attempt(value: unknown, from: number, label: string): { readonly value: Value } | null {
    const [numValues, numProblems, resumeAt, undo] = [
      this.#values.length,
      this.problems.length,
      this.#next,
      this.#undo,
    ];
    this.#undo = [];
    const made = this.value(value, from, label);
    this.drain(numValues);
    this.#next = resumeAt;
    const undone = this.#undo;
    this.#undo = undo;
    if (this.problems.length === numProblems) {
      this.#undo.push(...undone);
      return { value: made };
    }
    for (const step of undone.reverse()) step();
    this.#forgetFrom(numValues);
    this.problems.length = numProblems;
    return null;
  }

  /** Encodes what has been reached since. */
  drain(start = this.#next): void {
    for (this.#next = start; this.#next < this.#values.length; ) {
      const id = this.#next++;
      const value = this.#values[id];
      // An attempt may have been here before.
      if (value && this.#nodes[id] === undefined) this.#nodes[id] = this.#encode(value, id);
    }
  }

  /**
   * Forgets what nothing leads to any more, with its problems: what was taken apart before it turned out to be a part of
   * something else, or something to import.
   */
  prune(): void {
    const reached = new Set([0]);
    for (const id of reached) {
      const node = this.#nodes[id];
      for (const [next] of node === undefined ? [] : refsOf(node)) reached.add(next);
    }
    for (const id of this.#nodes.keys()) {
      if (reached.has(id)) continue;
      this.#nodes[id] = { type: 'object' };
      this.functions.delete(id);
    }
    this.#keepProblems(({ node }) => reached.has(node));
  }

  /** Once everything is encoded. */
  finish(): readonly ShippedNode[] {
    return this.#nodes.map((node, id) => this.functions.get(id)?.finish() ?? (node as ShippedNode));
  }

  #keepProblems(isKept: (problem: Problem) => boolean): void {
    this.problems.splice(0, this.problems.length, ...this.problems.filter(isKept));
  }

  #add(value: object | symbol, from: number, label: string): Ref {
    const id = this.#values.push(value) - 1;
    this.#ids.set(value, id);
    this.#foundAt.push({ from, label });
    return [id];
  }

  #forgetFrom(id: number): void {
    for (const value of this.#values.splice(id)) if (value !== null) this.#ids.delete(value);
    for (let at = id; at < this.#nodes.length; at++) this.functions.delete(at);
    this.#nodes.length = Math.min(this.#nodes.length, id);
    this.#foundAt.length = id;
  }

  #pathOf(id: number): string[] {
    const path: string[] = [];
    for (let at = id; at >= 0; ) {
      const { from, label } = this.#foundAt[at] ?? { from: -1, label: '?' };
      path.unshift(label);
      at = from;
    }
    return path;
  }
}
