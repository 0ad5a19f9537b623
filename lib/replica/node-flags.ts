/** Node's own flags that make sense once only, for the main program. */
const ONCE_ONLY = /^(?:-[epic]|--(?:eval|print|interactive|check|input-type|test|watch)\b)/;

/** Those that a replica's own imports depend on. Written with `=`, as their values stand alone otherwise. */
const FOR_REPLICAS =
  /^--(?:import|require|loader|conditions|experimental-[\w-]+|enable-source-maps|no-warnings)(?:=|$)/;

/** This process's flags of Node that its replicas are started with, too. */
export const inheritedFlags = (): string[] => process.execArgv.filter((flag) => FOR_REPLICAS.test(flag));

/** The same for a worker thread, which takes what it may by itself where none is for the main program only: null. */
export const workerFlags = (): string[] | null =>
  process.execArgv.some((flag) => ONCE_ONLY.test(flag)) ? inheritedFlags() : null;
