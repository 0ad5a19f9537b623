/** Notebooks without a front end. What they need is loaded by the command that is given. */
import { type Command, Option } from 'commander';
import type { CheckOptions, ExportOptions, RunCommandOptions } from './notebook-options.ts';
import { positiveNumber } from './options.ts';

const FILE = 'a notebook: .ts with cells below // %%, or .ipynb';

export function addNotebook(program: Command): void {
  const notebook = program
    .command('notebook')
    .summary('run, check and convert notebooks')
    .description('Runs notebooks without a front end, says whether what they show is still true, and converts them.');
  addRun(notebook);
  addCheck(notebook);
  addSync(notebook);
  addExport(notebook);
}

function addRun(notebook: Command): void {
  notebook
    .command('run')
    .summary('run its cells, in order')
    .description(
      'Runs the cells of a notebook in order, in a session and on an instance of its own. What they put out is printed, or kept in a document. Tags of cells: parameters, skip, raises-exception (it may fail).',
    )
    .argument('<file>', FILE)
    .option(
      '-p, --parameter <name=value>',
      'in place of a value of the cell tagged parameters; again for more',
      collect,
      [],
    )
    .option('--timeout <seconds>', 'for each cell; then it is interrupted', positiveNumber)
    .option('--allow-errors', 'go on behind a cell that fails')
    .addOption(new Option('--to <format>', 'keep what they put out in a document').choices(['ipynb', 'html', 'md']))
    .option('-o, --output <path>', 'of the document; - is stdout (default: beside the notebook)')
    .option('--junit <path>', 'a report of the cells as tests')
    .option('--name <instance>', 'an instance to run it on, if it runs (default: a new one)')
    .action(async (file: string, _: RunCommandOptions, command: Command) => {
      const { runCommand } = await import('./notebook-run.ts');
      await runCommand(file, command.optsWithGlobals<RunCommandOptions>());
    });
}

function addCheck(notebook: Command): void {
  notebook
    .command('check')
    .summary('is what is kept still true?')
    .description(
      'Runs notebooks again and compares what they put out with the .ipynb beside them, but for times, ports, ids and the like. One that is as it was run last, with the same packages and Node, is not run again.',
    )
    .argument('<files...>', FILE)
    .option('--force', 'run them also when nothing has changed')
    .option('--write', 'keep what they put out now')
    .option('--timeout <seconds>', 'for each cell', positiveNumber)
    .action(async (files: readonly string[], _: CheckOptions, command: Command) => {
      const { checkCommand } = await import('./notebook-check.ts');
      await checkCommand(files, command.optsWithGlobals<CheckOptions>());
    });
}

function addSync(notebook: Command): void {
  notebook
    .command('sync')
    .summary('make .ts and .ipynb agree')
    .description(
      'Writes the other one of .ts and .ipynb so that it has the cells of this one; outputs stay with cells of the same id.',
    )
    .argument('<file>', FILE)
    .action(async (file: string) => {
      const { syncCommand } = await import('./notebook-convert.ts');
      await syncCommand(file);
    });
}

function addExport(notebook: Command): void {
  notebook
    .command('export')
    .summary('as a page, or in the other format')
    .description(
      'Writes a notebook with the outputs that are kept of it as one page of HTML or Markdown, or as .ipynb or .ts.',
    )
    .argument('<file>', FILE)
    .addOption(
      new Option('--to <format>', 'what to write').choices(['html', 'md', 'ipynb', 'ts']).makeOptionMandatory(),
    )
    .option('-o, --output <path>', '- is stdout (default: beside the notebook)')
    .action(async (file: string, _: ExportOptions, command: Command) => {
      const { exportCommand } = await import('./notebook-convert.ts');
      await exportCommand(file, command.optsWithGlobals<ExportOptions>());
    });
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
