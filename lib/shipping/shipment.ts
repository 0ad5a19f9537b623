/** How a backend travels to its replicas: plain data that crosses threads and processes as it is. */
export type Shipment = SourceShipment | ImportedShipment;

export interface SourceShipment {
  readonly kind: 'source';
  /** 'function' also for arrows; 'method' for what was written as a method or accessor, its key replaced by `_`. */
  readonly form: 'function' | 'class' | 'method';
  /** The user's name for it; '' = none. */
  readonly name: string;
  readonly source: string;
  readonly origin: Origin;
  /** False: sloppy-mode code, whose meaning would change in strict mode. */
  readonly strict: boolean;
  /** What takes arrays: nothing, everything, or the methods named. */
  readonly batched: Batched;
  /** Null when only an instance can tell. */
  readonly hasReconfigure: boolean | null;
}

export interface ImportedShipment {
  readonly kind: 'imported';
  readonly module: string;
  readonly exportName: string;
  /** File URL of the caller's file, or of its working directory (ending in `/`) at a prompt. */
  readonly from: string;
}

/** Where `source` starts, as stacks count: from 1. A column may be below 1 where the source is longer than the user's. */
export interface Origin {
  /** As Node shows it in stacks: a file URL for an ES module, a path for CommonJS, `REPL1` at a prompt. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type Batched = 'none' | 'all' | readonly string[];

/** The user's own file, URL or path, that it comes from. */
export const homeOf = (shipment: Shipment): string =>
  shipment.kind === 'source' ? shipment.origin.file : shipment.from;
