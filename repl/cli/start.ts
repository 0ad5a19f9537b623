import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  type Client,
  findInstance,
  type GpuGiven,
  type HttpGiven,
  listInstances,
  type StartGiven,
  start,
} from '../../lib/index.ts';
import { UsageError } from './failure.ts';
import { commandLine, type NamedOptions, nameOf, numberFromZero, shown, wholeNumber } from './options.ts';
import { print, printJson } from './output.ts';
import { withProgress } from './progress.ts';

interface StartOptions extends NamedOptions {
  readonly detached?: true;
  readonly restart: boolean;
  readonly host?: 'inline' | 'process';
  readonly port?: number;
  readonly httpHost?: string;
  readonly location?: NonNullable<HttpGiven['location']>;
  readonly cpus?: number;
  readonly gpus?: number | readonly GpuGiven[];
  readonly json?: true;
}

export function addStart(program: Command): void {
  shown(program.command('start'))
    .summary('start an instance, until Ctrl-C or detached')
    .description('Starts an instance and stays with it until Ctrl-C; with --detached it is left running.')
    .option('-d, --detached', 'return once it runs; it goes on until `servelab stop`')
    .option('--no-restart', 'with --detached: it is not started again when it dies')
    .addOption(new Option('--host <host>', 'this process, or one of its own').choices(['inline', 'process']))
    .option('--port <port>', 'of HTTP; 0: any free one (default: 8000)', wholeNumber)
    .option('--http-host <address>', 'where HTTP listens (default: 127.0.0.1)')
    .addOption(new Option('--location <where>', 'of HTTP').choices(['HeadOnly', 'EveryNode', 'NoServer']))
    .option('--cpus <count>', 'CPUs to give out, enforced', numberFromZero)
    .option('--gpus <gpus>', 'how many GPUs to give out, or which: 0,2', gpus)
    .action(async (_: StartOptions, command: Command) => {
      await carryOut(command.optsWithGlobals<StartOptions>());
    });
}

async function carryOut(options: StartOptions): Promise<void> {
  const name = nameOf(options);
  const isBack = await hasKeptState(name);
  if (options.detached && options.host === 'inline') {
    throw new UsageError('--detached outlives this process, so it cannot be --host inline; leave --host out');
  }
  if (isBack && !options.detached && options.host !== undefined) {
    const way = `leave --host out, or delete its state with \`${commandLine('stop --forget', name)}\``;
    throw new UsageError(`instance '${name}' was detached, and comes back as it was; ${way}`);
  }
  const detached = options.detached ?? isBack;
  const client = await withProgress(`starting instance '${name}'`, start(startOptions(name, options, detached)));
  try {
    await tellStarted(client, isBack, options);
    if (!detached) await stayUntilEnd(client);
  } finally {
    if (detached) await client.close();
  }
}

/** One that was detached and has ended unasked comes back with what it had, as what it was. */
async function hasKeptState(name: string): Promise<boolean> {
  const known = (await listInstances()).find((listing) => listing.name === name);
  return known?.state === 'stopped' && known.detached === true;
}

/** What is not given is left out: one that comes back has what it had. */
function startOptions(name: string, options: StartOptions, detached: boolean): StartGiven {
  const { host, port, httpHost, location, cpus, gpus, restart } = options;
  const http = given({ port, host: httpHost, location });
  const resources = given({ cpus, gpus });
  return {
    name,
    ...(Object.keys(http).length > 0 && { http }),
    ...(Object.keys(resources).length > 0 && { resources }),
    ...(detached ? { detached } : given({ host })),
    ...(detached && !restart && { restart }),
  };
}

/** Without what was not given. */
const given = <T extends object>(options: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };

async function tellStarted(client: Client, isBack: boolean, { json }: StartOptions): Promise<void> {
  const { instance, backends } = await client.status();
  const { name, pid, httpUrl, host, detached } = instance;
  const { log } = await findInstance(name);
  if (json) {
    printJson({ name, pid, httpUrl, host, detached, log });
    return;
  }
  const count = Object.keys(backends).length;
  const having = isBack ? ` again, with ${count} ${count === 1 ? 'backend' : 'backends'}` : '';
  const at = httpUrl === null ? 'without HTTP' : `at ${httpUrl}`;
  print(`instance '${name}' runs${having} ${at} (process ${pid}${log === null ? '' : `, log ${log}`})`);
  print(detached ? `\`${commandLine('stop', name)}\` ends it` : 'Ctrl-C ends it');
}

/** Resolves when the instance has ended: by a signal to us, or by any other client. Rejects when it was lost. */
async function stayUntilEnd(client: Client): Promise<void> {
  // One without HTTP, or in another process, would keep nobody here.
  const stay = setInterval(() => {}, 2 ** 30);
  const stopped = Promise.withResolvers<void>();
  const stop = (): void => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, stop);
    client.shutdown().then(stopped.resolve, stopped.reject);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  try {
    await Promise.race([client.ended(), stopped.promise]);
  } finally {
    clearInterval(stay);
  }
}

function gpus(text: string): number | readonly GpuGiven[] {
  if (/^\d+$/.test(text)) return Number(text);
  if (/^\d+(?:,\d+)+$|^\d+,$/.test(text)) {
    return text
      .split(',')
      .filter(Boolean)
      .map((index) => ({ index: Number(index) }));
  }
  throw new InvalidArgumentError('A count like 2 is wanted, or a list of indices like 0,2.');
}
