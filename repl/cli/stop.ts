import type { Command } from 'commander';
import { connect, findInstance, forgetInstance, ServeError } from '../../lib/index.ts';
import { commandLine, nameOf, type ShownOptions, shown } from './options.ts';
import { print, printJson } from './output.ts';
import { withProgress } from './progress.ts';

interface StopOptions extends ShownOptions {
  readonly forget?: true;
}

export function addStop(program: Command): void {
  shown(program.command('stop'))
    .summary('shut it down and delete its state')
    .description('Shuts an instance down, and deletes its state. Queries under way fail.')
    .option('--forget', 'delete the state of one that runs no more')
    .action(async (_: StopOptions, command: Command) => {
      const options = command.optsWithGlobals<StopOptions>();
      const name = nameOf(options);
      if (options.forget && (await isStopped(name))) await forget(name, options);
      else await stop(name, options);
    });
}

async function stop(name: string, { json }: StopOptions): Promise<void> {
  const client = await connect({ name }).catch(async (error: unknown) => {
    throw error instanceof ServeError && error.code === 'INSTANCE_NOT_FOUND' ? await withState(name, error) : error;
  });
  const { pid } = (await client.status()).instance;
  await withProgress(`stopping instance '${name}'`, client.shutdown());
  if (json) printJson({ name, pid });
  else print(`instance '${name}' has ended (process ${pid})`);
}

async function forget(name: string, { json }: StopOptions): Promise<void> {
  await forgetInstance(name);
  if (json) printJson({ name, pid: null });
  else print(`the state of instance '${name}' is deleted`);
}

async function isStopped(name: string): Promise<boolean> {
  return (await findInstance(name)).state === 'stopped';
}

/** What to do about one that does not run and has left its state. */
async function withState(name: string, error: ServeError): Promise<ServeError> {
  const left = await findInstance(name).catch(() => null); // then nothing is left, as the error says
  if (left?.state !== 'stopped') return error;
  return new ServeError(
    'INSTANCE_NOT_FOUND',
    `instance '${name}' does not run; its state is kept in ${left.directory}: ` +
      `\`${commandLine('start', name)}\` brings it back, \`${commandLine('stop --forget', name)}\` deletes it`,
  );
}
