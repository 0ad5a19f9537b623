import { runInNewContext } from 'node:vm';

/** What a fresh worker thread has besides the language's own globals. Not `require`, which only a prompt has. */
const NODE_GLOBALS = [
  ...[
    'AbortController',
    'AbortSignal',
    'Blob',
    'BroadcastChannel',
    'Buffer',
    'ByteLengthQueuingStrategy',
    'CloseEvent',
  ],
  ...['CompressionStream', 'CountQueuingStrategy', 'Crypto', 'CryptoKey', 'CustomEvent', 'DOMException'],
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
];

/**
 * The names that are global in a fresh worker thread of this Node.
 *
 * The language's own come from a pristine context, never from this realm: a prompt and its user add names to that.
 */
export function workerGlobals(): ReadonlySet<string> {
  const ofLanguage: readonly string[] = runInNewContext('Object.getOwnPropertyNames(globalThis)');
  return new Set([...ofLanguage, ...NODE_GLOBALS.filter((name) => name in globalThis)]);
}
