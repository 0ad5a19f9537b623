import type { Command } from 'commander';
import { applyConfig, type Client, type ConfigStep, planConfig, type ServeConfig } from '../../lib/index.ts';
import { tell } from './failure.ts';
import { loadConfig } from './load-config.ts';
import { type ShownOptions, shown, withClient } from './options.ts';
import { print, printJson } from './output.ts';
import { plainStep, planSummary, stepPieces, stepText } from './plan-text.ts';
import { withProgress } from './progress.ts';

interface ApplyOptions extends ShownOptions {
  readonly plan?: true;
  readonly prune?: true;
}

export function addApply(program: Command): void {
  shown(program.command('apply'))
    .summary('make it what a file says')
    .description(
      'Makes an instance what a file says: creates, changes and replaces backends, endpoints, traffic and shadows, without losing a query.',
    )
    .argument('<file>', 'a .ts or .js that exports defineConfig({ … }) by default, or a .json')
    .option('--plan', 'show what would be done, and change nothing')
    .option('--prune', 'delete backends and endpoints that the file does not have')
    .action(async (file: string, _: ApplyOptions, command: Command) => {
      const options = command.optsWithGlobals<ApplyOptions>();
      const config = await withProgress(`reading ${file}`, loadConfig(file));
      await withClient(options, (client) => carryOut(client, config, options));
    });
}

async function carryOut(client: Client, config: ServeConfig, { plan, prune, json }: ApplyOptions): Promise<void> {
  const { steps } = await withProgress('comparing', planConfig(client, config, { prune: prune ?? false }));
  const done: ConfigStep[] = [];
  if (!plan) await applySteps(client, config, steps, done, json ?? false);
  else if (!json) for (const step of steps) print(...stepPieces(stepText(step)));
  if (json) printJson({ steps: steps.map(plainStep), applied: !plan });
  else if (steps.length === 0) print('nothing to do: the instance is as the file says');
  else if (plan) print(`${planSummary(steps)}; nothing has been changed`);
}

async function applySteps(
  client: Client,
  config: ServeConfig,
  steps: readonly ConfigStep[],
  done: ConfigStep[],
  isSilent: boolean,
): Promise<void> {
  try {
    for (const step of steps) {
      await withProgress(stepText(step).text, applyConfig(client, config, { steps: [step] }));
      done.push(step);
      if (!isSilent) print(...stepPieces(stepText(step)));
    }
  } catch (error) {
    const left = steps.slice(done.length).map((step) => {
      const { mark, text } = stepText(step);
      return `\n${mark} ${text}`;
    });
    tell(`${done.length} of ${steps.length} steps are done; not done:${left.join('')}`);
    throw error;
  }
}
