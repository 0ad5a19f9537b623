/** Takes a target apart, with all that it reaches. */
import { tellActivations } from './activations.ts';
import { BuiltIns } from './built-ins.ts';
import { type Callable, isCallable, nameOf, sourceOf } from './callable.ts';
import { CapturedBytes } from './captured-bytes.ts';
import { type ClassParts, classParts } from './class-parts.ts';
import { Declarations } from './declarations.ts';
import { encodeFunction } from './encode-function.ts';
import { encodeObject, encodeSymbol } from './encode-object.ts';
import type { Encoding } from './encoding.ts';
import { CaptureGraph } from './graph.ts';
import type { HeapContexts } from './heap-contexts.ts';
import { type PrototypeKind, prototypeKind } from './host-objects.ts';
import type { FunctionFacts, Inspection } from './inspection.ts';
import type { Reference, References } from './references.ts';
import { type Problem, refusal } from './refusal.ts';
import { Scripts } from './scripts.ts';
import { type FunctionUse, namesAround, shareVariables } from './shared-variables.ts';
import type { ShippedNode, ValueShipment } from './shipment.ts';
import { sourceFacts } from './source-facts.ts';

export type Encoded = { readonly shipment: ValueShipment } | { readonly problems: readonly Problem[] };

/** What has to be waited for; each shipment asks for it anew. */
export interface Findings {
  readonly references: References;
  readonly contexts: HeapContexts;
}

/** What this thread knows of its scripts, and of what is built in. */
export const scripts = new Scripts();
const declarations = new Declarations(scripts);
let builtIns: BuiltIns | null = null;

/** `inspection`: null where this Node has none. */
export function encode(target: Callable, { references, contexts }: Findings, inspection: Inspection | null): Encoded {
  const encoding = new OneEncoding(references, inspection);
  const [root] = encoding.graph.root(target);
  encoding.graph.prune();
  const variables = encoding.share(contexts);
  const nodes = encoding.finish();
  const { problems } = encoding.graph;
  if (problems.length > 0) return { problems };
  return { shipment: { kind: 'value', name: nameOf(target), root, nodes, variables } };
}

class OneEncoding implements Encoding {
  readonly graph = new CaptureGraph((value, id) => this.#encode(value, id));
  readonly bytes = new CapturedBytes();
  readonly builtIns: BuiltIns;
  readonly scripts = scripts;
  readonly references: References;
  readonly inspection: Inspection | null;
  readonly #kinds = new Map<object, PrototypeKind>();

  constructor(references: References, inspection: Inspection | null) {
    this.references = references;
    this.inspection = inspection;
    builtIns ??= new BuiltIns();
    builtIns.refresh();
    this.builtIns = builtIns;
  }

  classPartsOf(target: Callable): ClassParts | null {
    const source = sourceFacts(sourceOf(target), 'strict');
    return 'unreadable' in source || source.read.form !== 'class' ? null : classParts(source.read);
  }

  fileOf(facts: FunctionFacts | null): string {
    if (facts === null || facts.place === null || this.inspection === null) return '';
    return this.scripts.fileOf(facts.place.scriptId, this.inspection);
  }

  referenceOf(target: Callable, facts: FunctionFacts | null): Reference | null {
    const file = this.fileOf(facts);
    const isOfModule = facts?.scopes.some(({ description }) => description === 'Module') ?? false;
    return file === '' ? null : this.references.ofFunction(target, file, isOfModule);
  }

  kindOfPrototype(prototype: object): PrototypeKind {
    const known = this.#kinds.get(prototype) ?? prototypeKind(prototype, this);
    this.#kinds.set(prototype, known);
    return known;
  }

  /** Finds the variables that functions share, and keeps their names from hiding what others mean by them. */
  share(contexts: HeapContexts): ValueShipment['variables'] {
    const { graph, inspection } = this;
    if (inspection === null) return [];
    const numbers = new Map([...graph.functions].map(([id, use]) => [use, id]));
    const tell = tellActivations(declarations, inspection, contexts);
    const variables = shareVariables([...numbers.keys()], (name, users) => {
      const told = tell(name, users);
      if (told === null) this.#refuseToGuess(name, users, numbers);
      return told;
    });
    for (const [use, id] of numbers) {
      const around = new Set(namesAround(variables, use.within));
      for (const name of use.globals.filter((global) => around.has(global))) {
        const value = graph.value(Reflect.get(globalThis, name), id, name);
        use.captures.push({ name, value, home: null, isWritten: false });
      }
    }
    graph.drain();
    return variables;
  }

  finish(): readonly ShippedNode[] {
    this.bytes.finish(this.graph);
    return this.graph.finish();
  }

  #encode(value: object | symbol, id: number): ShippedNode {
    if (typeof value === 'symbol') return encodeSymbol(value, this);
    return isCallable(value) ? encodeFunction(value, id, this) : encodeObject(value, id, this);
  }

  #refuseToGuess(name: string, users: readonly FunctionUse[], numbers: ReadonlyMap<FunctionUse, number>): void {
    const [id] = users.map((user) => numbers.get(user) ?? 0);
    const reason = `assigns to '${name}', and which of the functions made like it share that variable cannot be told`;
    this.graph.refuse(refusal(null, reason, 'keep it in an object that they have in common'), id ?? 0);
  }
}
