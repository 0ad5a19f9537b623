/** How a backend travels to its replicas: plain data that crosses threads and processes as it is. */
export type Shipment = ValueShipment | ImportedShipment;

/** By reference: each replica imports it itself. */
export interface ImportedShipment {
  readonly kind: 'imported';
  readonly module: string;
  readonly exportName: string;
  /** File URL of the caller's file, or of its working directory (ending in `/`) at a prompt. */
  readonly from: string;
  /** Marks that are on it here; the module may not set them itself. Default 'none'. */
  readonly batched?: Batched;
}

/** By value: a function or class and all that it reaches. */
export interface ValueShipment {
  readonly kind: 'value';
  /** The user's name for it; '' = none. */
  readonly name: string;
  /** The number of its node. */
  readonly root: number;
  /** A graph, flat, so that no nesting is too deep for a stack: nodes name each other by their index. */
  readonly nodes: readonly ShippedNode[];
  /** Variables that several functions share and assign to, each inside the one before it on its way to the outermost. */
  readonly variables: readonly SharedVariable[];
}

export type Primitive = string | number | bigint | boolean | null | undefined;

/** A node, by its index. No value of a user's is stored as an array, so an array is always one of these. */
export type Ref = readonly [node: number];

export type Value = Primitive | Ref;

export type ShippedNode =
  | FunctionNode
  | ObjectNode
  | { readonly type: 'symbol'; readonly key: string | undefined; readonly isRegistered: boolean }
  /** What the replica has itself: `['Array', 'prototype', 'map']`, `['node:fs', 'readFileSync']`. */
  | { readonly type: 'built-in'; readonly path: readonly string[] }
  /** Null: the module's whole namespace. */
  | {
      readonly type: 'import';
      readonly module: string;
      readonly from: string;
      readonly exportName: string | null;
    }
  /** CommonJS's `require`, as it is in that file or directory. */
  | { readonly type: 'require'; readonly from: string }
  /** The toolkit itself. */
  | { readonly type: 'serve' }
  /** An object of the toolkit's own, packed. */
  | { readonly type: 'part'; readonly packed: unknown }
  | MemberNode;

export type Side = 'static' | 'prototype';
export type MemberKind = 'value' | 'get' | 'set';

/** What every object and function may have besides its own kind of state. */
export interface Belongings {
  /** Properties as `a.b = c` makes them: key, value, key, value … */
  readonly fields?: readonly Value[];
  /** In place of `fields`, where any is not as `a.b = c` makes it. */
  readonly properties?: readonly Property[];
  /** Keys that its source makes and that were deleted. */
  readonly deleted?: readonly Value[];
  /** Where it is not the kind's own; null is a prototype, too. */
  readonly prototype?: Value;
  readonly integrity?: Integrity;
}

export type Integrity = 'frozen' | 'sealed' | 'fixed';

/** `flags`: see WRITABLE and the others. With ACCESSOR, `value` is the getter and `setter` the other one. */
export type Property = readonly [key: Value, flags: number, value: Value, setter?: Value];

export const WRITABLE = 1;
export const ENUMERABLE = 2;
export const CONFIGURABLE = 4;
export const ACCESSOR = 8;

export type ObjectNode = Belongings &
  (
    | { readonly type: 'object' | 'error' }
    | { readonly type: 'array'; readonly length: number; readonly items: readonly Value[] }
    | { readonly type: 'map' | 'set'; readonly items: readonly Value[] }
    | { readonly type: 'boxed'; readonly value: Value }
    /** Made anew by a built-in constructor from plain arguments: dates, regular expressions, URLs … */
    | { readonly type: 'constructed'; readonly by: readonly string[]; readonly args: readonly unknown[] }
    | { readonly type: 'buffer'; readonly bytes: ArrayBuffer | SharedArrayBuffer }
    /** `length`: in elements; null: to the buffer's end, wherever that is. */
    | {
        readonly type: 'view';
        readonly kind: string;
        readonly buffer: Ref;
        readonly offset: number;
        readonly length: number | null;
      }
    /** The `prototype` that a function brings along. */
    | { readonly type: 'prototype'; readonly of: Ref }
    /** What `util.promisify` made of a function. */
    | { readonly type: 'promisified'; readonly of: Value }
    | { readonly type: 'bound'; readonly target: Value; readonly self: Value; readonly args: readonly Value[] }
  );

/** A method or accessor that the source of a class makes. */
export interface MemberNode extends Belongings {
  readonly type: 'member';
  readonly of: Ref;
  readonly side: Side;
  readonly key: Value;
  readonly as: MemberKind;
}

export interface FunctionNode extends Belongings {
  readonly type: 'function';
  /** 'function' also for arrows; 'method' for what was written as a method or accessor, its key replaced by `_`. */
  readonly form: 'function' | 'class' | 'method';
  /** The user's name for it; '' = none; null: it has none, or one of its own making. */
  readonly name: string | null;
  /** The name by which its source declares it; null = none. */
  readonly declares: string | null;
  readonly source: string;
  readonly origin: Origin;
  /** False: sloppy-mode code, whose meaning would change in strict mode. */
  readonly isStrict: boolean;
  /** The variables around it that are its own there: name and value. */
  readonly captures: readonly (readonly [name: string, value: Value])[];
  /** The innermost of the shared variables that it uses; null = none. */
  readonly within: number | null;
  /** Those of the captured variables that its definition itself reads: a parent class, keys that were computed. */
  readonly needs: readonly string[];
  /** Parts that it makes itself and on which something was put: its prototype, methods with marks. */
  readonly brings: readonly Value[];
  /** A class whose definition runs code of the user's, which may read what it captured. */
  readonly isEager: boolean;
  /** A class's private static fields: its source puts a setter for each, by that name, into the variable `holder`. */
  readonly privateStatics: {
    readonly holder: string;
    readonly values: readonly (readonly [name: string, value: Value])[];
  } | null;
}

export interface SharedVariable {
  readonly name: string;
  readonly value: Value;
  /** The one around it; null = it is the outermost. */
  readonly within: number | null;
}

/** Where `source` starts, as stacks count: from 1. A column may be below 1 where the source is longer than the user's. */
export interface Origin {
  /** As Node shows it in stacks: a file URL for an ES module, a path for CommonJS, `REPL1` at a prompt. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type Batched = 'none' | 'all' | readonly string[];

/** The user's own file, URL or path, that it comes from; null = none is known. */
export function homeOf(shipment: Shipment): string | null {
  if (shipment.kind === 'imported') return shipment.from;
  const { nodes, root } = shipment;
  const isFunction = (node: ShippedNode | undefined): node is FunctionNode => node?.type === 'function';
  const found = [nodes[root], ...nodes].find(isFunction);
  return found?.origin.file ?? null;
}
