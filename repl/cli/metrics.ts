import type { Command } from 'commander';
import { type ShownOptions, shown, withClient } from './options.ts';
import { printJson } from './output.ts';
import { withProgress } from './progress.ts';

export function addMetrics(program: Command): void {
  shown(program.command('metrics'))
    .summary('what Prometheus reads at /-/metrics')
    .description('Prints what Prometheus reads at /-/metrics, also of an instance without HTTP.')
    .action(async (_: ShownOptions, command: Command) => {
      const options = command.optsWithGlobals<ShownOptions>();
      const { contentType, text } = await withProgress(
        'asking',
        withClient(options, (client) => client.metrics()),
      );
      if (options.json) printJson({ contentType, text });
      else process.stdout.write(text);
    });
}
