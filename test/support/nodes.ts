// The Nodes that tests start, and where the repository is.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Requirement } from './require.ts';

export interface Node extends Requirement {
  readonly name: string;
  readonly path: string;
}

/** The repository's own folder, whose `dist/` this is. */
export const repository = dirname(dirname(dirname(import.meta.dirname)));

export const thisNode: Node = {
  name: `Node ${process.versions.node}`,
  path: process.execPath,
  available: true,
  why: '',
};

const oldest = join(repository, 'test/support/oldest-node/node_modules/node/bin/node');

/** The oldest Node that the toolkit runs on. */
export const oldestNode: Node = {
  name: 'the oldest Node',
  path: oldest,
  available: existsSync(oldest),
  why: 'the oldest Node is not installed: npm ci --prefix test/support/oldest-node',
};
