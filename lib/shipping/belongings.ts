import type { CaptureGraph } from './graph.ts';
import { labelOf } from './refusal.ts';
import {
  ACCESSOR,
  type Belongings,
  CONFIGURABLE,
  ENUMERABLE,
  type Integrity,
  type Property,
  type Value,
  WRITABLE,
} from './shipment.ts';

const AS_ASSIGNED = WRITABLE | ENUMERABLE | CONFIGURABLE;

/** The own properties of these keys, and whether more may come. Accessors travel as the functions they are. */
export function belongingsOf(
  value: object,
  keys: readonly (string | symbol)[],
  graph: CaptureGraph,
  id: number,
): Belongings {
  const integrity = integrityOf(value);
  const properties = keys.flatMap((key) => {
    const descriptor = Object.getOwnPropertyDescriptor(value, key);
    return descriptor === undefined ? [] : [propertyOf(key, descriptor, integrity, graph, id)];
  });
  const held: Belongings = integrity === null ? {} : { integrity };
  if (properties.length === 0) return held;
  const isAssigned = properties.every(([, flags]) => flags === AS_ASSIGNED);
  if (!isAssigned) return { ...held, properties };
  return { ...held, fields: properties.flatMap(([key, , item]) => [key, item]) };
}

/** All of them as properties, whichever form they are in. */
export function asProperties({ properties, fields = [] }: Belongings): readonly Property[] {
  if (properties !== undefined) return properties;
  return fields.flatMap((key, at) => (at % 2 === 0 ? [[key, AS_ASSIGNED, fields[at + 1]] as const] : []));
}

function propertyOf(
  key: string | symbol,
  descriptor: PropertyDescriptor,
  integrity: Integrity | null,
  graph: CaptureGraph,
  id: number,
): Property {
  const label = labelOf(key);
  const keyValue: Value = typeof key === 'string' ? key : graph.value(key, id, `the key ${label}`);
  const flags = flagsOf(descriptor, integrity);
  if ((flags & ACCESSOR) === 0) return [keyValue, flags, graph.value(descriptor.value, id, label)];
  const getter = graph.value(descriptor.get, id, `get ${label}`);
  return [keyValue, flags, getter, graph.value(descriptor.set, id, `set ${label}`)];
}

/** What freezing or sealing took away comes with that. */
function flagsOf(descriptor: PropertyDescriptor, integrity: Integrity | null): number {
  const isAccessor = descriptor.get !== undefined || descriptor.set !== undefined;
  const isSealed = integrity === 'frozen' || integrity === 'sealed';
  const isWritable = isAccessor ? false : descriptor.writable || integrity === 'frozen';
  return (
    (isWritable ? WRITABLE : 0) |
    (descriptor.enumerable ? ENUMERABLE : 0) |
    (descriptor.configurable || isSealed ? CONFIGURABLE : 0) |
    (isAccessor ? ACCESSOR : 0)
  );
}

export function integrityOf(value: object): Integrity | null {
  if (Object.isExtensible(value)) return null;
  // Bytes cannot be frozen, and to ask is slow where there are many.
  if (ArrayBuffer.isView(value)) return 'fixed';
  return Object.isFrozen(value) ? 'frozen' : Object.isSealed(value) ? 'sealed' : 'fixed';
}
