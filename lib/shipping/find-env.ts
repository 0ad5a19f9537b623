import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { FoundEnv, NodeEnv } from '../domain/node-env.ts';
import { envNotFound, statOf } from './env-lookup.ts';
import { findNode } from './find-node.ts';

/**
 * Looks at what an environment describes. Links are followed now: a replica that is started later gets the same
 * packages as the first, whatever a link like `envs/current` says by then.
 *
 * Rejects ENV_NOT_FOUND: no such directory, no package.json in it, no such Node, no Node at all, or one that is too old.
 */
export async function findEnv({ directory, node }: NodeEnv): Promise<FoundEnv> {
  const found = await findDirectory(directory);
  return { directory: found, node: node === null ? null : await findNode(node, found) };
}

async function findDirectory(directory: string): Promise<string> {
  const there = await statOf(directory);
  if (!there?.isDirectory()) {
    throw envNotFound(
      `${there ? 'a file, not a directory, is at' : 'there is no directory'} ${directory}`,
      'nodeEnv() wants a directory with a package.json and the packages installed from it (npm install); a relative ' +
        'one is seen from the file that calls nodeEnv()',
    );
  }
  if (!(await statOf(join(directory, 'package.json')))?.isFile()) {
    throw envNotFound(
      `there is no package.json in ${directory}`,
      'nodeEnv() wants the directory that has it; to begin a new one run `npm init -y` and `npm install <package>` there',
    );
  }
  return realpath(directory);
}
