import { runInNewContext } from 'node:vm';

/** What a fresh worker thread has besides the language's own globals. Not `require`, which only a prompt has. */
export const NODE_GLOBALS: ReadonlySet<string> = new Set([
  ...['AbortController', 'AbortSignal', 'Blob', 'BroadcastChannel', 'Buffer', 'ByteLengthQueuingStrategy'],
  ...['CloseEvent', 'CompressionStream', 'CountQueuingStrategy', 'Crypto', 'CryptoKey', 'CustomEvent', 'DOMException'],
  ...['DecompressionStream', 'Event', 'EventSource', 'EventTarget', 'File', 'FormData', 'Headers', 'MessageChannel'],
  ...['MessageEvent', 'MessagePort', 'Navigator', 'Performance', 'PerformanceEntry', 'PerformanceMark'],
  ...['PerformanceMeasure', 'PerformanceObserver', 'PerformanceObserverEntryList', 'PerformanceResourceTiming'],
  ...['ReadableByteStreamController', 'ReadableStream', 'ReadableStreamBYOBReader', 'ReadableStreamBYOBRequest'],
  ...['ReadableStreamDefaultController', 'ReadableStreamDefaultReader', 'Request', 'Response', 'SubtleCrypto'],
  ...['TextDecoder', 'TextDecoderStream', 'TextEncoder', 'TextEncoderStream', 'TransformStream'],
  ...['TransformStreamDefaultController', 'URL', 'URLPattern', 'URLSearchParams', 'WebAssembly', 'WebSocket'],
  ...['WritableStream', 'WritableStreamDefaultController', 'WritableStreamDefaultWriter', 'atob', 'btoa'],
  ...['clearImmediate', 'clearInterval', 'clearTimeout', 'console', 'crypto', 'fetch', 'global', 'navigator'],
  ...['performance', 'process', 'queueMicrotask', 'setImmediate', 'setInterval', 'setTimeout', 'structuredClone'],
]);

let ofLanguage: readonly string[] | null = null;

/** The language's own, from a pristine context, never from this realm: a prompt and its user add names to that. */
export function languageGlobals(): readonly string[] {
  ofLanguage ??= runInNewContext('Object.getOwnPropertyNames(globalThis)') as readonly string[];
  return ofLanguage;
}

/** Whether a name is global in a fresh worker thread of this Node. */
export const isWorkerGlobal = (name: string): boolean =>
  languageGlobals().includes(name) || (NODE_GLOBALS.has(name) && name in globalThis);
