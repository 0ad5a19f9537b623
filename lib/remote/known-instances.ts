/** What there is of instances on this machine, as it is seen from outside of them. */
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { ControlClient } from '../control/control-client.ts';
import { lockInstance } from '../control/instance-lock.ts';
import {
  knownInstances,
  makeStateDirectory,
  removeStateDirectory,
  type StateDirectory,
  stateDirectoryOf,
} from '../control/state-directory.ts';
import { isName, requireName } from '../domain/names.ts';
import type { ServeStatus } from '../domain/status.ts';
import { ServeError } from '../errors.ts';
import type { InstanceListing } from '../instances.ts';
import { version } from '../version.ts';

/** One that is busy for longer than this, in ms, is listed without what it would have told. */
const PATIENCE_MS = 2000;
/** What it is answered with who asks where no instance is, or is no longer. */
const NOBODY: ReadonlySet<string | undefined> = new Set([
  'ENOENT',
  'ECONNREFUSED',
  'INSTANCE_NOT_FOUND',
  'CLIENT_CLOSED',
]);

export async function listInstances(): Promise<InstanceListing[]> {
  const names = knownInstances().filter((name) => isName('instance', name) && hasState(stateDirectoryOf(name)));
  return Promise.all(names.map(listed));
}

export async function findInstance(given: string): Promise<InstanceListing> {
  const name = requireName('instance', given);
  if (!hasState(stateDirectoryOf(name))) throw unknown(name);
  return listed(name);
}

export async function forgetInstance(given: string): Promise<void> {
  const name = requireName('instance', given);
  if (!hasState(stateDirectoryOf(name))) throw unknown(name);
  const directory = makeStateDirectory(name);
  const lock = await lockInstance(directory.lock);
  if ('holder' in lock) {
    throw new ServeError('INSTANCE_EXISTS', `instance '${name}' runs, in process ${lock.holder}; shut it down instead`);
  }
  try {
    removeStateDirectory(directory);
  } finally {
    lock.release();
  }
}

/** A link is none: it could lead to anybody's. */
const hasState = ({ path }: StateDirectory): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

async function listed(name: string): Promise<InstanceListing> {
  const paths = stateDirectoryOf(name);
  const answer = await ask(paths.socket);
  const told = answer !== null && 'instance' in answer ? answer.instance : null;
  return {
    name,
    state: answer === null ? 'stopped' : 'running',
    pid: answer === null ? null : (told?.pid ?? holderOf(paths)),
    httpUrl: told?.httpUrl ?? null,
    host: told?.host ?? null,
    detached: told?.detached ?? null,
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
      opening.then((client) => client.call('status', []) as Promise<ServeStatus>),
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

/** As it says itself; null: it does not. */
function holderOf({ lock }: StateDirectory): number | null {
  try {
    return Number(readFileSync(`${lock}.pid`, 'utf8')) || null;
  } catch {
    return null; // it is just starting
  }
}

const unknown = (name: string): ServeError =>
  new ServeError('INSTANCE_NOT_FOUND', `there is no instance '${name}', and none has left anything behind`);
