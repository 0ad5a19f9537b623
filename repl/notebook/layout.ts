/** What a percent file does otherwise than we would write it, kept in the metadata of its notebook and its cells. */
import { jsonLine } from './json.ts';
import { isObject, type JsonObject, type JsonValue, ownOf, withOwn } from './model.ts';

const LAYOUT = 'layout';

export function layoutOf(metadata: JsonObject): JsonObject {
  const { [LAYOUT]: layout } = ownOf(metadata);
  return isObject(layout) ? layout : {};
}

/** Of nothing, when all is as we would write it. */
export const withLayout = (metadata: JsonObject, layout: JsonObject): JsonObject =>
  withOwn(metadata, LAYOUT, Object.keys(layout).length === 0 ? null : layout);

export const withoutLayout = (metadata: JsonObject): JsonObject => withOwn(metadata, LAYOUT, null);

export const isLines = (value: JsonValue | undefined): value is readonly string[] =>
  Array.isArray(value) && value.every((line) => typeof line === 'string' && !line.includes('\n'));

export const same = (a: JsonValue, b: JsonValue): boolean => jsonLine(a) === jsonLine(b);
