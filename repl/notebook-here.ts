/** What whoever runs this process's code gives a file of cells: known to any copy of the toolkit that the file imports. */
import type { Client } from '../lib/index.ts';
import type { Charts } from './charts/live-chart.ts';
import type { Show } from './script-functions.ts';
import type { CellFunctions } from './session/cell-functions.ts';
import type { EndpointFunction } from './session/endpoints.ts';
import type { HttpCaller } from './session/http-caller.ts';

export interface NotebookGlobals extends Pick<CellFunctions, 'display' | 'clearOutput' | 'input'> {
  readonly client: Client;
  readonly endpoints: Readonly<Record<string, EndpointFunction>>;
  readonly http: HttpCaller;
  readonly show: Show;
  readonly chart: Charts;
}

const KEY = Symbol.for('servelab.notebook');

type Given = () => NotebookGlobals;

/** `given` says what there is now: a session may attach to another instance. */
export function offerToNotebooks(given: Given): void {
  Reflect.set(globalThis, KEY, given);
}

/** Null: nobody runs it but Node. */
export function notebookHere(): NotebookGlobals | null {
  const given = Reflect.get(globalThis, KEY) as Given | undefined;
  return given?.() ?? null;
}
