import { access } from 'node:fs/promises';
import type { Command } from 'commander';
import { promptOrScript } from '../prompt-or-script.ts';
import { type NamedOptions, named, nameOf } from './options.ts';

export function addRepl(program: Command): void {
  named(program.command('repl'))
    .summary('a prompt on it, or on a new one')
    .description(
      'Opens a prompt on the instance of that name if it runs, else on one of its own. Runs what comes from a pipe.',
    )
    .action(async (_: NamedOptions, command: Command) => {
      await promptOrScript(nameOf(command.optsWithGlobals<NamedOptions>()));
    });
}

export function addRun(program: Command): void {
  named(program.command('run'))
    .summary('run a script on it, or on a new one')
    .description(
      'Runs a script with `serve` and `client` defined, on the instance of that name if it runs, else on one of its own.',
    )
    .argument('<file>', 'TypeScript or JavaScript')
    .argument('[args...]', "the script's own, in process.argv")
    .passThroughOptions()
    .action(async (file: string, args: readonly string[], _: NamedOptions, command: Command) => {
      await access(file); // before an instance is started for it
      const { scriptFile } = await import('../run.ts');
      await scriptFile(nameOf(command.optsWithGlobals<NamedOptions>()), file, args);
    });
}
