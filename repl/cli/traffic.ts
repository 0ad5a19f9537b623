import type { Command } from 'commander';
import { type Client, ServeError } from '../../lib/index.ts';
import { UsageError } from './failure.ts';
import { weights as shownWeights } from './format.ts';
import { type ShownOptions, shown, wholeNumber, withClient } from './options.ts';
import { print, printJson } from './output.ts';
import { withProgress } from './progress.ts';

type Weights = Readonly<Record<string, number>>;

export function addTraffic(program: Command): void {
  shown(program.command('traffic'))
    .summary('split queries among backends, or show it')
    .description('Splits the queries of an endpoint among backends; without weights it shows how they are split.')
    .argument('<endpoint>')
    .argument('[backend=weight...]', 'weights that sum to 1: v1=0.9 v2=0.1')
    .action(async (endpoint: string, words: readonly string[], _: ShownOptions, command: Command) => {
      const options = command.optsWithGlobals<ShownOptions>();
      const weights = words.length === 0 ? null : readWeights(words);
      const traffic = await withClient(options, async (client) => {
        if (weights) await withProgress('changing', client.setTraffic(endpoint, weights));
        return trafficOf(client, endpoint);
      });
      if (options.json) printJson(traffic);
      else print(`${endpoint}: ${shownWeights(traffic)}`);
    });
}

export function addScale(program: Command): void {
  shown(program.command('scale'))
    .summary('change the number of replicas')
    .description('Changes how many replicas a backend has. Those that leave finish their queries.')
    .argument('<backend>')
    .argument('<replicas>', 'how many', wholeNumber)
    .action(async (backend: string, numReplicas: number, _: ShownOptions, command: Command) => {
      const options = command.optsWithGlobals<ShownOptions>();
      await withClient(options, (client) =>
        withProgress(`scaling backend '${backend}'`, client.updateBackendConfig(backend, { numReplicas })),
      );
      if (options.json) printJson({ backend, numReplicas });
      else print(`${backend}: ${numReplicas} ${numReplicas === 1 ? 'replica' : 'replicas'}`);
    });
}

async function trafficOf(client: Client, endpoint: string): Promise<Weights> {
  // It says which name is near when there is none of this one.
  await client.getHandle(endpoint);
  const listed = new Map(Object.entries(await client.listEndpoints())).get(endpoint);
  if (listed) return listed.traffic;
  throw new ServeError('ENDPOINT_NOT_FOUND', `endpoint '${endpoint}' has just been deleted`);
}

function readWeights(words: readonly string[]): Weights {
  const weights = new Map<string, number>();
  for (const word of words) {
    const [, tag = '', number = ''] = /^([^=]+)=(.+)$/.exec(word) ?? [];
    const weight = Number(number);
    if (tag === '' || number.trim() === '' || !Number.isFinite(weight)) {
      throw new UsageError(`a backend and its weight are wanted, like v1=0.9, got '${word}'`);
    }
    if (weights.has(tag)) throw new UsageError(`the weight of '${tag}' is given twice`);
    weights.set(tag, weight);
  }
  return Object.fromEntries(weights);
}
