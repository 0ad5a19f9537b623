/** The commands, and what they have in common. */
import { type Argument, Command } from 'commander';
import { addApply } from './apply.ts';
import { addCall } from './call.ts';
import { addCompletion } from './completion.ts';
import { tell } from './failure.ts';
import { addHistory, addRollback } from './history.ts';
import { addList } from './list.ts';
import { addLogs } from './logs.ts';
import { addMetrics } from './metrics.ts';
import { nameOption } from './options.ts';
import { endWithReader } from './output.ts';
import { addRepl, addRun } from './sessions.ts';
import { addStart } from './start.ts';
import { addStatus } from './status.ts';
import { addStop } from './stop.ts';
import { addTop } from './top.ts';
import { addScale, addTraffic } from './traffic.ts';

const ABOUT = [
  'Serve functions and models: backends with replicas, traffic splits, shadows, batches, handles.',
  '',
  'Without a command it opens a prompt on the instance that runs, or on one of its own, which ends with it; what comes ' +
    'from a pipe is run as a script: `servelab < deploy.ts`. Both have `serve`, the module, and `client`, a client of it.',
].join('\n');

const AFTER = `
Exit codes: 0 done, 1 failed, 2 wrong usage.
State and logs are in $XDG_STATE_HOME/servelab/<instance>/ (default: ~/.local/state).`;

const ALL = [
  ...[addStart, addStop, addStatus, addList, addLogs],
  ...[addCall, addTraffic, addScale, addApply, addHistory, addRollback],
  ...[addRepl, addRun, addTop, addMetrics, addCompletion],
];

/** They have users' code to shut down first. */
const SESSIONS: ReadonlySet<string> = new Set(['repl', 'run']);

export function newProgram(version: string): Command {
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
  for (const add of ALL) add(program);
  for (const command of program.commands) command.option('--no-color', 'no colours');
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
