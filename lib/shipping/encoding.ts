/** What the encoders of functions and objects have in common during one shipment. */
import type { BuiltIns } from './built-ins.ts';
import type { Callable } from './callable.ts';
import type { CapturedBytes } from './captured-bytes.ts';
import type { ClassParts } from './class-parts.ts';
import type { CaptureGraph } from './graph.ts';
import type { PrototypeKind } from './host-objects.ts';
import type { FunctionFacts, Inspection } from './inspection.ts';
import type { Reference, References } from './references.ts';
import type { Scripts } from './scripts.ts';

export interface Encoding {
  readonly graph: CaptureGraph;
  /** Null where this Node has none. */
  readonly inspection: Inspection | null;
  readonly builtIns: BuiltIns;
  readonly scripts: Scripts;
  readonly references: References;
  readonly bytes: CapturedBytes;
  /** Null for what is no class of a user's that travels by value. */
  classPartsOf(target: Callable): ClassParts | null;
  /** As stacks show it; '' = it has none or it cannot be told. */
  fileOf(facts: FunctionFacts | null): string;
  /** Where a module exports a function; null: it travels by value. */
  referenceOf(target: Callable, facts: FunctionFacts | null): Reference | null;
  /** What the objects of a prototype are. */
  kindOfPrototype(prototype: object): PrototypeKind;
}
