import type { Command } from 'commander';
import { type InstanceListing, listInstances } from '../../lib/index.ts';
import { since } from './format.ts';
import { type ShownOptions, shown } from './options.ts';
import { type Piece, print, printJson, printTable } from './output.ts';

export function addList(program: Command): void {
  shown(program.command('list'))
    .summary('all instances, running or stopped')
    .description(
      'Lists the instances of this user: those that run, and those that ended and have left their state; or only the one of a name.',
    )
    .action(async (_: ShownOptions, command: Command) => {
      const { name, json } = command.optsWithGlobals<ShownOptions>();
      const all = await listInstances();
      const instances = name === undefined ? all : all.filter((instance) => instance.name === name);
      if (json) printJson(instances);
      else if (instances.length === 0) print('no instances; `servelab start` starts one');
      else printTable(['NAME', 'STATE', 'PID', 'HOST', 'UP', 'URL'], instances.map(row));
    });
}

function row({ name, state, pid, host, detached, startedAt, httpUrl, problem }: InstanceListing): readonly Piece[] {
  const isFine = state === 'running' && problem === null;
  return [
    name,
    [state, isFine ? 'green' : state === 'running' ? 'yellow' : 'dim'],
    String(pid ?? '-'),
    detached ? 'detached' : (host ?? '-'),
    startedAt === null ? '-' : since(startedAt),
    problem ?? httpUrl ?? '-',
  ];
}
