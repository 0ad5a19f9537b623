/** Exit codes of a process ended by a signal, as shells count them. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

export interface SignalStop {
  /** Aborts at the first one; a second one ends this process at once. */
  readonly signal: AbortSignal;
  /** Of the one that came. */
  readonly exitCode: number;
}

export function stopBySignal(): SignalStop {
  const controller = new AbortController();
  let exitCode: number = SIGNALS.SIGINT;
  for (const [name, code] of Object.entries(SIGNALS)) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(code);
      exitCode = code;
      controller.abort();
    });
  }
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
  };
}
