import type { Command } from 'commander';
import type { HistoryEntry } from '../../lib/index.ts';
import { type ShownOptions, shown, wholeNumber, withClient } from './options.ts';
import { type Piece, print, printJson, printTable } from './output.ts';
import { withProgress } from './progress.ts';

export function addHistory(program: Command): void {
  shown(program.command('history'))
    .summary('what was changed, when and by whom')
    .description('Shows every change of an instance, the oldest first. `servelab rollback` goes back to any of them.')
    .action(async (_: ShownOptions, command: Command) => {
      const options = command.optsWithGlobals<ShownOptions>();
      const entries = await withProgress(
        'asking',
        withClient(options, (client) => client.history()),
      );
      if (options.json) printJson(entries);
      else if (entries.length === 0) print('nothing has been changed yet');
      else printTable(['REVISION', 'AT', 'AUTHOR', 'OPERATION', 'WHAT'], entries.map(row));
    });
}

export function addRollback(program: Command): void {
  shown(program.command('rollback'))
    .summary('make it as it was')
    .description('Makes an instance as it was after a revision, all of it at once; that is a change of its own.')
    .argument('<revision>', 'one of those that `servelab history` shows', wholeNumber)
    .action(async (revision: number, _: ShownOptions, command: Command) => {
      const options = command.optsWithGlobals<ShownOptions>();
      const now = await withClient(options, async (client) => {
        await withProgress(`going back to revision ${revision}`, client.rollback(revision));
        return (await client.status()).instance.revision;
      });
      if (options.json) printJson({ rolledBackTo: revision, revision: now });
      else print(`everything is as in revision ${revision}; this is revision ${now}`);
    });
}

const row = ({ revision, at, author, operation, summary }: HistoryEntry): readonly Piece[] => [
  String(revision),
  at,
  author,
  operation,
  summary,
];
