/** The commands, and what they have in common. */
import { type Argument, Command } from 'commander';
import { tell } from './failure.ts';
import { nameOption } from './options.ts';
import { endWithReader } from './output.ts';

const ABOUT = [
  'Serve functions and models: backends with replicas, traffic splits, shadows, batches, handles.',
  '',
  'Without a command it opens a prompt on the instance that runs, or on one of its own, which ends with it; what comes ' +
    'from a pipe is run as a script: `servelab < deploy.ts`. Both have `serve`, the module, and `client`, a client of it.',
].join('\n');

const AFTER = `
Exit codes: 0 done, 1 failed, 2 wrong usage.
State and logs are in $XDG_STATE_HOME/servelab/<instance>/ (default: ~/.local/state).`;

type Add = (program: Command, version: string) => void;

/** In the order of the help. */
const COMMANDS: Readonly<Record<string, () => Promise<Add>>> = {
  start: async () => (await import('./start.ts')).addStart,
  stop: async () => (await import('./stop.ts')).addStop,
  status: async () => (await import('./status.ts')).addStatus,
  list: async () => (await import('./list.ts')).addList,
  logs: async () => (await import('./logs.ts')).addLogs,
  call: async () => (await import('./call.ts')).addCall,
  traffic: async () => (await import('./traffic.ts')).addTraffic,
  scale: async () => (await import('./traffic.ts')).addScale,
  apply: async () => (await import('./apply.ts')).addApply,
  history: async () => (await import('./history.ts')).addHistory,
  rollback: async () => (await import('./history.ts')).addRollback,
  repl: async () => (await import('./sessions.ts')).addRepl,
  run: async () => (await import('./sessions.ts')).addRun,
  notebook: async () => (await import('./notebook.ts')).addNotebook,
  top: async () => (await import('./top.ts')).addTop,
  metrics: async () => (await import('./metrics.ts')).addMetrics,
  kernel: async () => (await import('./kernel.ts')).addKernel,
  completion: async () => (await import('./completion.ts')).addCompletion,
};

/** They have users' code to shut down first. */
const SESSIONS: ReadonlySet<string> = new Set(['repl', 'run']);

/** Of all commands, or of the one alone that `args` begin with: what the others need is not loaded. */
export async function newProgram(version: string, args: readonly string[]): Promise<Command> {
  const program = new Command('servelab')
    .description(ABOUT)
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this, or what a command takes')
    .helpCommand('help [command]', 'what a command does and takes')
    .addOption(nameOption())
    .option('--no-color', 'no colours; NO_COLOR=1 does the same')
    .addHelpText('after', AFTER)
    .configureHelp({
      subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(argumentTerm)].join(' '),
    })
    // A script's own options are the script's.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: (text) => tellUsage(text) })
    .hook('preAction', (root, command) => {
      if ([root, command].some((given) => given.getOptionValue('color') === false)) process.env.NO_COLOR = '1';
      if (!SESSIONS.has(command.name())) endWithReader();
    });
  const named = Object.entries(COMMANDS).filter(([name]) => name === args[0]);
  const wanted = named.length > 0 ? named : Object.entries(COMMANDS);
  for (const add of await Promise.all(wanted.map(([, load]) => load()))) add(program, version);
  for (const command of program.commands.flatMap((one) => (one.commands.length > 0 ? one.commands : [one]))) {
    command.option('--no-color', 'no colours');
  }
  return program;
}

const argumentTerm = (argument: Argument): string => {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
};

/** `error: unknown command 'stat'\n(Did you mean status?)`, in our own form. */
function tellUsage(text: string): void {
  tell(`${text.trim().replace(/^error: /, '')}\n\`servelab --help\` says what there is`);
}
