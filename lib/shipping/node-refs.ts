import type { Belongings, Ref, ShippedNode, Value } from './shipment.ts';

export const isRef = (value: Value): value is Ref => Array.isArray(value);

/** What has to be made before a node is. */
export function refsNeededBy(node: ShippedNode): readonly Ref[] {
  switch (node.type) {
    case 'bound':
      return refsAmong([node.target, node.self, ...node.args]);
    case 'promisified':
      return refsAmong([node.of]);
    case 'member':
      return [node.of, ...refsAmong([node.key])];
    case 'prototype':
      return [node.of];
    case 'view':
      return [node.buffer];
    case 'boxed':
      return refsAmong([node.value]);
    case 'object':
      return refsAmong([node.prototype]);
    case 'function':
      return refsAmong(node.captures.flatMap(([name, value]) => (node.needs.includes(name) ? [value] : [])));
    default:
      return [];
  }
}

/** What a node holds, which may come later. */
export function refsHeldBy(node: ShippedNode): readonly Ref[] {
  const { fields = [], properties = [], deleted = [], prototype } = node as Belongings;
  const items = 'items' in node ? node.items : [];
  return refsAmong([
    prototype,
    ...fields,
    ...items,
    ...deleted,
    ...properties.flatMap(([key, , value, setter]) => [key, value, setter]),
  ]);
}

/** All that a node leads to. */
export function refsOf(node: ShippedNode): readonly Ref[] {
  const held = [...refsNeededBy(node), ...refsHeldBy(node)];
  if (node.type !== 'function') return held;
  const { captures, privateStatics, brings } = node;
  const named = [...captures, ...(privateStatics?.values ?? [])].map(([, value]) => value);
  return [...held, ...refsAmong(named), ...refsAmong(brings)];
}

const refsAmong = (values: readonly Value[]): readonly Ref[] => values.filter(isRef);
