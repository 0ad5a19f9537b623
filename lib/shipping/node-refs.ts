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
  const { fields = [], properties = [], prototype } = node as Belongings;
  const items = 'items' in node ? node.items : [];
  return refsAmong([
    prototype,
    ...fields,
    ...items,
    ...properties.flatMap(([key, , value, setter]) => [key, value, setter]),
  ]);
}

const refsAmong = (values: readonly Value[]): readonly Ref[] => values.filter(isRef);
