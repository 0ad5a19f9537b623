/** Node's own flags that make sense once only, for the main program. */
const ONCE_ONLY = /^(?:-[epic]|--(?:eval|print|interactive|check|input-type|test|watch)\b)/;

/** Those that a replica's own imports depend on. */
const FOR_REPLICAS =
  /^--(?:(?:import|require|loader|conditions)=|experimental-[\w-]+|(?:enable-source-maps|no-warnings)(?:=|$))/;

/** Those of them whose value may be the argument behind them, by their long names. */
const WITH_VALUE: ReadonlyMap<string, string> = new Map([
  ['--import', '--import'],
  ['--require', '--require'],
  ['-r', '--require'],
  ['--loader', '--loader'],
  ['--experimental-loader', '--experimental-loader'],
  ['--conditions', '--conditions'],
  ['-C', '--conditions'],
]);

/** This process's flags of Node that its replicas are started with, too; each is one argument. */
export function inheritedFlags(flags: readonly string[] = process.execArgv): string[] {
  return flags.flatMap((flag, at) => {
    const name = WITH_VALUE.get(flag);
    if (name !== undefined) return [`${name}=${flags[at + 1] ?? ''}`];
    return FOR_REPLICAS.test(flag) ? [flag] : [];
  });
}

/** The same for a worker thread, which takes what it may by itself where none is for the main program only: null. */
export const workerFlags = (): string[] | null =>
  process.execArgv.some((flag) => ONCE_ONLY.test(flag)) ? inheritedFlags() : null;
