/** The work, the same for every subject. */

export interface Greeting {
  readonly hello: string;
}

export const NOOP_ANSWER: Greeting = { hello: 'world' };

/** About 1 KiB of JSON. */
export const ECHO_BODY = JSON.stringify({
  user: 'ada@example.org',
  tags: ['alpha', 'beta', 'gamma', 'delta'],
  items: Array.from({ length: 12 }, (_, index) => ({
    id: index,
    name: `item number ${index}`,
    price: index * 1.25 + 0.5,
    sold: index % 2 === 0,
  })),
  note: 'The quick brown fox jumps over the lazy dog. '.repeat(4),
});

export const CHUNK_BYTES = 64 * 1024;

/** Calls `call` from `inFlight` callers, each at its next call as soon as the last was answered; returns calls made. */
export async function callFor(
  seconds: number,
  inFlight: number,
  call: (n: number) => PromiseLike<{ readonly n: number }>,
): Promise<{ calls: number; seconds: number }> {
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  let calls = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < endsAt) {
      const n = calls++;
      const answer = await call(n);
      if (answer.n !== n) throw new Error(`asked for ${n} and was answered ${JSON.stringify(answer)}`);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  return { calls, seconds: (performance.now() - startedAt) / 1000 };
}
