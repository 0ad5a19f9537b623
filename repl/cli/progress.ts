const AFTER_MS = 1000;

/**
 * Waits for something, and says so on a terminal where that takes longer than a second. Elsewhere nobody waits with it,
 * so nothing is said.
 */
export async function withProgress<T>(what: string, work: Promise<T>): Promise<T> {
  const { stderr } = process;
  if (!stderr.isTTY || process.env.TERM === 'dumb') return work;
  const begun = performance.now();
  let isShown = false;
  const timer = setInterval(() => {
    isShown = true;
    stderr.write(`\r\u001b[K${what} … ${Math.floor((performance.now() - begun) / 1000)} s`);
  }, AFTER_MS);
  timer.unref();
  try {
    return await work;
  } finally {
    clearInterval(timer);
    if (isShown) stderr.write('\r\u001b[K');
  }
}
