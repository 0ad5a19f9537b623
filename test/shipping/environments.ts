// Backends in a process of their own, whose packages come from a directory: what a process replica does at its start.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Shipment } from '../../lib/shipping/shipment.ts';
import { repository } from '../support/nodes.ts';

export interface Job {
  readonly shipment: Shipment;
  readonly initArgs?: readonly unknown[];
}

export interface Work {
  /** Null = none: packages come from the user's own files. */
  readonly directory: string | null;
  readonly home: string | null;
  readonly jobs: readonly Job[];
}

export interface Outcome {
  readonly value?: unknown;
  readonly error?: { readonly code?: string; readonly message: string };
}

export const environment = (path: string): string => join(repository, 'test/fixtures/environments', path);

/** The shipment of an export, as a file of the user's in the fixtures names it. */
export const importedFrom = (path: string, module: string, exportName: string): Shipment => ({
  kind: 'imported',
  module,
  exportName,
  from: pathToFileURL(environment(path)).href,
});

/** What each job answers, in order, in one process of that Node. */
export async function runIn(node: string, work: Work): Promise<Outcome[]> {
  const child = fileURLToPath(new URL('./environment-child.js', import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(node, [child, JSON.stringify(work)], {
    cwd: environment('user'),
  });
  if (stderr !== '') throw new Error(`the process said ${stderr}`);
  return JSON.parse(stdout) as Outcome[];
}
