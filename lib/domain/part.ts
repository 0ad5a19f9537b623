/** Own objects that travel inside values (handles, requests) implement this; the reviver of their kind rebuilds them over there. */
export const TO_WIRE = Symbol.for('servelab.toWire');

/** Marks references to results (ObjectRef) that are awaited before a value leaves. */
export const IS_REF = Symbol.for('servelab.isRef');

/** An own object taken apart. */
export interface Part {
  readonly kind: string;
  readonly state: unknown;
}
