/** Something named by the module that exports it; whoever needs it imports it. */
export interface ImportedTarget {
  readonly kind: 'imported';
  readonly module: string;
  readonly exportName: string;
  /** Null = none given, so `createBackend` may give them. */
  readonly initArgs: readonly unknown[] | null;
  /** What `module` is relative to: the file URL of the caller, or of its working directory at a prompt. */
  readonly from: string;
}

const IMPORTED = Symbol.for('servelab.imported');

/** Marks what `imported` makes. */
export const markImported = (target: ImportedTarget): ImportedTarget =>
  Object.freeze(Object.defineProperty(target, IMPORTED, { value: true }));

/** True for what `imported` made, also in another copy of the toolkit. */
export const isImported = (value: unknown): value is ImportedTarget =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, IMPORTED);
