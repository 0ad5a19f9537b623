/** Bytes a shadow may lag behind before it is given up: it must neither slow the caller down nor fill the memory. */
const MAX_LAG_BYTES = 8 * 1024 * 1024;

/**
 * Splits a body in motion into the caller's own and a shadow's copy.
 *
 * The caller's is read at the pace of its backend alone. The copy errors when its reader lags more than 8 MiB behind,
 * and ends as the caller's ends.
 */
export function copyBody(
  body: ReadableStream<Uint8Array>,
): [own: ReadableStream<Uint8Array>, copy: ReadableStream<Uint8Array>] {
  const reader = body.getReader();
  let shadow: ReadableStreamDefaultController<Uint8Array> | null = null;
  const copy = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        shadow = controller;
      },
      cancel: () => {
        shadow = null;
      },
    },
    { highWaterMark: MAX_LAG_BYTES, size: (chunk) => chunk.byteLength },
  );
  const stopShadow = (reason: unknown): void => {
    shadow?.error(reason);
    shadow = null;
  };
  const own = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) {
            shadow?.close();
            shadow = null;
            controller.close();
            return;
          }
          if (shadow && (shadow.desiredSize ?? 0) < value.byteLength) {
            stopShadow(new Error(`the shadow is more than ${MAX_LAG_BYTES} bytes behind`));
          }
          shadow?.enqueue(value.slice());
          controller.enqueue(value);
        } catch (error) {
          stopShadow(error);
          throw error;
        }
      },
      async cancel(reason) {
        stopShadow(reason);
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  return [own, copy];
}
