/** What there is of instances on this machine, as it is seen from outside of them. */
import { existsSync } from 'node:fs';
import { ownAuthor } from '../author.ts';
import { ControlClient } from '../control/control-client.ts';
import { readHolder } from '../control/holder.ts';
import { hasHostRecord } from '../control/host-record.ts';
import {
  knownInstances,
  makeStateDirectory,
  removeStateDirectory,
  stateDirectoryOf,
} from '../control/state-directory.ts';
import { isName, requireName } from '../domain/names.ts';
import type { ServeStatus } from '../domain/status.ts';
import { ServeError } from '../errors.ts';
import type { InstanceListing } from '../instances.ts';
import { lockFile } from '../store/directory-lock.ts';
import { version } from '../version.ts';

/** One that is busy for longer than this, in ms, is listed without what it would have told. */
const PATIENCE_MS = 2000;
/** What it is answered with who asks where no instance is, or is no longer. */
const NOBODY: ReadonlySet<string | undefined> = new Set([
  'ENOENT',
  'ENOTDIR',
  'ECONNRESET',
  'ECONNREFUSED',
  'INSTANCE_NOT_FOUND',
  'CLIENT_CLOSED',
]);

export async function listInstances(): Promise<InstanceListing[]> {
  const names = knownInstances().filter((name) => isName('instance', name));
  return (await Promise.all(names.map(listed))).filter(isThere);
}

export async function findInstance(given: string): Promise<InstanceListing> {
  const name = requireName('instance', given);
  const found = await listed(name);
  if (!isThere(found)) throw unknown(name);
  return found;
}

export async function forgetInstance(given: string): Promise<void> {
  const name = requireName('instance', given);
  if (!isThere(await listed(name))) throw unknown(name);
  const directory = makeStateDirectory(name);
  const lock = lockFile(directory.lock, 0);
  if (lock === null) {
    const holder = readHolder(directory.holder) ?? 'that cannot be seen from here';
    throw new ServeError('INSTANCE_EXISTS', `instance '${name}' runs, in process ${holder}; shut it down instead`);
  }
  try {
    removeStateDirectory(directory);
  } finally {
    lock.release();
  }
}

/** One that was killed and has left neither state nor output leaves a directory, too. */
const isThere = ({ state, log, directory }: InstanceListing): boolean =>
  state === 'running' || log !== null || hasHostRecord(directory);

async function listed(name: string): Promise<InstanceListing> {
  const paths = stateDirectoryOf(name);
  const answer = await ask(paths.socket);
  const isKept = hasHostRecord(paths.path);
  const told = answer !== null && 'instance' in answer ? answer.instance : null;
  return {
    name,
    state: answer === null ? 'stopped' : 'running',
    pid: answer === null ? null : (told?.pid ?? readHolder(paths.holder)),
    httpUrl: told?.httpUrl ?? null,
    host: told?.host ?? (isKept ? 'process' : null),
    detached: told?.detached ?? (isKept || null),
    startedAt: told?.startedAt ?? null,
    problem: answer !== null && 'problem' in answer ? answer.problem : null,
    directory: paths.path,
    log: existsSync(paths.log) ? paths.log : null,
  };
}

type Answer = Pick<ServeStatus, 'instance'> | { readonly problem: string };

/** Null: nobody is there. */
async function ask(socket: string): Promise<Answer | null> {
  const opening = ControlClient.open(socket, version);
  const late = Promise.withResolvers<Answer>();
  const timer = setTimeout(() => late.resolve({ problem: 'it does not answer' }), PATIENCE_MS);
  try {
    return await Promise.race([
      opening.then((client) => client.call('status', [], ownAuthor()) as Promise<ServeStatus>),
      late.promise,
    ]);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return NOBODY.has(code) ? null : { problem: message };
  } finally {
    clearTimeout(timer);
    void opening.then(
      (client) => client.close(),
      () => {}, // told above
    );
  }
}

const unknown = (name: string): ServeError =>
  new ServeError('INSTANCE_NOT_FOUND', `there is no instance '${name}', and none has left anything behind`);
