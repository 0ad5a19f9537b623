import {
  ACCESSOR,
  type Belongings,
  CONFIGURABLE,
  ENUMERABLE,
  type FunctionNode,
  type MemberNode,
  type ObjectNode,
  type Property,
  type Value,
  WRITABLE,
} from './shipment.ts';

type Holder = FunctionNode | MemberNode | ObjectNode;
type Get = (value: Value) => unknown;

/** Puts into an object or function what it holds, in the order in which it held it. */
export function giveBelongings(owner: object, node: Holder, get: Get): void {
  giveItems(owner, node, get);
  if ('prototype' in node && node.type !== 'object') Object.setPrototypeOf(owner, get(node.prototype) as object | null);
  for (const key of node.deleted ?? []) Reflect.deleteProperty(owner, get(key) as PropertyKey);
  giveFields(owner, node, get);
  for (const property of node.properties ?? []) giveProperty(owner, property, get);
}

function giveItems(owner: object, node: Holder, get: Get): void {
  if (node.type === 'array') {
    // Its holes are skipped.
    node.items.forEach((item, index) => {
      (owner as unknown[])[index] = get(item);
    });
  } else if (node.type === 'map') {
    for (let at = 0; at < node.items.length; at += 2) {
      Map.prototype.set.call(owner, get(node.items[at]), get(node.items[at + 1]));
    }
  } else if (node.type === 'set') {
    for (const item of node.items) Set.prototype.add.call(owner, get(item));
  }
}

/** Assigned where that can meet no setter, which is quicker; else defined. */
function giveFields(
  owner: object,
  { fields = [], type, ...node }: Belongings & { readonly type: string },
  get: Get,
): void {
  const isPlain = type === 'object' && !('prototype' in node);
  for (let at = 0; at < fields.length; at += 2) {
    const key = get(fields[at]) as PropertyKey;
    const value = get(fields[at + 1]);
    if (isPlain && key !== '__proto__') (owner as Record<PropertyKey, unknown>)[key] = value;
    else Object.defineProperty(owner, key, { value, writable: true, enumerable: true, configurable: true });
  }
}

function giveProperty(owner: object, [key, flags, value, setter]: Property, get: Get): void {
  const name = get(key) as PropertyKey;
  // What its kind brings along for good, as a regular expression its `lastIndex`, was sealed before that was said.
  const isForGood = Object.getOwnPropertyDescriptor(owner, name)?.configurable === false;
  const common = {
    enumerable: (flags & ENUMERABLE) !== 0,
    configurable: (flags & CONFIGURABLE) !== 0 && !isForGood,
  };
  const own =
    (flags & ACCESSOR) !== 0
      ? { get: get(value) as () => unknown, set: get(setter) as (value: unknown) => void }
      : { value: get(value), writable: (flags & WRITABLE) !== 0 };
  Object.defineProperty(owner, name, { ...common, ...own });
}
