/**
 * `servelab/notebook`: what a session has without asking, for a file of cells that TypeScript checks and plain Node
 * runs, too. In a session, and in `servelab run`, it is that one's own. In plain Node an instance begins with the
 * script and ends with it. Code of a backend cannot import it: INVALID_ARGUMENT.
 *
 *     import { client, display, http, show } from 'servelab/notebook';
 */
import { getCurrentReplicaTag, ServeError, start } from '../lib/index.ts';
import { type NotebookGlobals, notebookHere } from './notebook-here.ts';
import { scriptGlobals } from './script-functions.ts';

export type { Charts } from './charts/live-chart.ts';
export type { Show } from './script-functions.ts';

export const { client, endpoints, http, show, chart, display, clearOutput, input } =
  notebookHere() ?? (await inPlainNode());

async function inPlainNode(): Promise<NotebookGlobals> {
  refuseReplica();
  const own = await start({ name: `script-${process.pid}`, host: 'process', http: { port: 0 } });
  // With nothing left to do. It goes with this process, also when that is killed.
  process.once('beforeExit', () => own.shutdown());
  return scriptGlobals(own);
}

/** One that shipped it would start an instance in each replica. */
function refuseReplica(): void {
  const replica = currentReplica();
  if (replica === null) return;
  const next = "give the backend what it needs as a value, or call `connect()` of 'servelab' in it";
  throw new ServeError(
    'INVALID_ARGUMENT',
    `replica ${replica} imports 'servelab/notebook', which is for scripts; ${next}`,
  );
}

function currentReplica(): string | null {
  try {
    return getCurrentReplicaTag();
  } catch {
    return null; // as it says outside of one
  }
}
