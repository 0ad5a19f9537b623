import { Argument, type Command } from 'commander';
import { type Client, connect, listInstances } from '../../lib/index.ts';
import { type Candidate, type Completion, complete, type Names } from './complete.ts';
import { SHELL_SCRIPTS, type Shell } from './shell-scripts.ts';

const SHELLS = Object.keys(SHELL_SCRIPTS) as readonly Shell[];
/** Whoever presses Tab waits no longer than this, in ms. */
const PATIENCE_MS = 1500;

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .summary('source <(servelab completion bash)')
    .description(
      'Prints what teaches a shell to complete commands, options and names: source <(servelab completion bash)',
    )
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action((shell: Shell) => {
      process.stdout.write(SHELL_SCRIPTS[shell]);
    });
  program
    .command('complete', { hidden: true })
    .description('what those scripts ask: candidates for the end of a line')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .argument('<line>')
    .action(async (shell: Shell, line: string) => {
      process.stdout.write(answer(await complete(program, line, names), shell, line));
    });
}

/** A line for each; `:files` where the shell is to look for files itself. */
function answer(completion: Completion, shell: Shell, line: string): string {
  if (completion.type === 'files') return ':files\n';
  // Bash replaces only what stands behind the last of these.
  const kept = shell === 'bash' ? /^.*[=:]/s.exec(/\S*$/.exec(line)?.[0] ?? '')?.[0].length : undefined;
  return completion.candidates
    .map(({ value, description }) => `${value.slice(kept ?? 0)}${shell === 'bash' ? '' : `\t${description}`}\n`)
    .join('');
}

const names: Names = async (kind, instance) => {
  if (kind === 'instance') {
    const instances = await listInstances();
    return instances.map(({ name, state, httpUrl }) => ({ value: name, description: httpUrl ?? state }));
  }
  const late = Promise.withResolvers<readonly Candidate[]>();
  setTimeout(() => late.resolve([]), PATIENCE_MS).unref();
  const asked = connect({ name: instance }).then((client) => namesIn(client, kind));
  // Where none runs there is nothing to name, and a line that is being typed is no place to say so.
  return Promise.race([asked.catch(() => []), late.promise]);
};

async function namesIn(client: Client, kind: 'endpoint' | 'backend' | 'revision'): Promise<readonly Candidate[]> {
  switch (kind) {
    case 'endpoint':
      return Object.entries(await client.listEndpoints()).map(([value, { route }]) => ({
        value,
        description: route ?? '',
      }));
    case 'backend':
      return Object.entries(await client.listBackends()).map(([value, { numReplicas }]) => ({
        value,
        description: `${numReplicas} replicas`,
      }));
    case 'revision':
      return (await client.history()).map(({ revision, summary }) => ({
        value: String(revision),
        description: summary,
      }));
  }
}
