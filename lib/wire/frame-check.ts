/** Whether what came from another process is a batch of frames as a router sends them. */
import { isPlainObject, MAX_TIMEOUT_MS } from '../domain/given-value.ts';
import { FIELDS, FRAME, QUERY_FLAG } from './frames.ts';
import { canBePassedOn } from './received-value.ts';

/** Queries that one connection may have under way at a time. */
const MOST_SLOTS = 2 ** 20;
const ALL_FLAGS = Object.values(QUERY_FLAG).reduce((all, flag) => all | flag, 0);

type Check = (f: readonly unknown[], i: number) => boolean;

/** Kinds that may come, and whether the fields of one are what they should be. */
const KINDS: ReadonlyMap<unknown, Check> = new Map<number, Check>([
  [FRAME.query, isQuery],
  [FRAME.cancel, (f, i) => f[i + 2] === 'CANCELLED' || f[i + 2] === 'TIMEOUT'],
  [FRAME.chunk, (f, i) => typeof f[i + 3] === 'boolean'],
  [FRAME.end, () => true],
  [FRAME.broken, (f, i) => isEnvelope(f[i + 2])],
  [FRAME.credit, (f, i) => isAmount(f[i + 2])],
  [FRAME.stop, () => true],
]);

/** `bytes`: the length of the message. */
export function areQueryFrames(message: unknown, bytes: number): boolean {
  if (!Array.isArray(message) || message.length > bytes) return false;
  for (let i = 0; i < message.length; ) {
    const isRight = KINDS.get(message[i]);
    const end = i + (FIELDS.get(message[i]) ?? 0);
    if (!isRight || end > message.length || !isSlot(message[i + 1]) || !isRight(message, i)) return false;
    i = end;
  }
  return canBePassedOn(message, bytes);
}

function isQuery(f: readonly unknown[], i: number): boolean {
  const [flags, method, url, headers, pathParams, queryParams, , body] = f.slice(i + 2, i + 10);
  const [id, callMethod, lineage, route] = f.slice(i + 10, i + 14);
  return (
    areFlags(flags) &&
    [method, url, headers, id, lineage].every(isText) &&
    (callMethod === null || isText(callMethod)) &&
    [pathParams, queryParams].every((record) => record === null || isPlainObject(record)) &&
    (body === null || body instanceof Uint8Array) &&
    isRoute(route)
  );
}

function isRoute(route: unknown): boolean {
  if (!isPlainObject(route)) return false;
  const { endpoint, shardKey, timeoutMs } = route as Record<string, unknown>;
  return (
    isText(endpoint) &&
    (shardKey === null || isText(shardKey)) &&
    (timeoutMs === null || (isAmount(timeoutMs) && timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS))
  );
}

function isEnvelope(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  const { code, name, message, stack, cause } = value as Record<string, unknown>;
  return (
    [code, stack].every((text) => text === null || isText(text)) && [name, message].every(isText) && isNested(cause)
  );
}

const isNested = (cause: unknown): boolean => cause === null || isEnvelope(cause);

const isText = (value: unknown): value is string => typeof value === 'string';

const isAmount = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value < 2 ** 53;

const isSlot = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < MOST_SLOTS;

const areFlags = (value: unknown): boolean =>
  Number.isInteger(value) && ((value as number) & ~ALL_FLAGS) === 0 && (value as number) >= 0;
