import { type Command, Option } from 'commander';
import type { SpecPlace } from '../kernel/kernelspec.ts';
import { UsageError } from './failure.ts';
import { print } from './output.ts';

interface PlaceOptions {
  readonly name: string;
  readonly user?: true;
  readonly prefix?: string;
  readonly sysPrefix?: true;
}

interface InstallOptions extends PlaceOptions {
  readonly displayName: string;
  readonly instance?: string;
}

interface StartOptions {
  readonly connectionFile: string;
  readonly instance?: string;
}

export function addKernel(program: Command, version: string): void {
  const kernel = program
    .command('kernel')
    .summary('TypeScript and `serve` in Jupyter')
    .description(
      'Makes servelab a kernel of Jupyter: its notebooks are TypeScript, with `serve` and `client` defined.',
    );
  placed(kernel.command('install'))
    .description('Installs it for Jupyter, which need not be there yet.')
    .option('--display-name <text>', 'as Jupyter lists it', 'TypeScript (servelab)')
    .option('--instance <name>', 'that runs, for all notebooks (default: one of its own for each)')
    .action((options: InstallOptions) => install(options, version));
  placed(kernel.command('uninstall'))
    .description('Removes it from Jupyter.')
    .action((options: PlaceOptions) => uninstall(options));
  kernel
    .command('start', { hidden: true })
    .description('what Jupyter starts')
    .requiredOption('--connection-file <file>', 'where it is to listen')
    .option('--instance <name>', 'to work on (default: one of its own)')
    .action(async ({ connectionFile, instance }: StartOptions) => {
      const { runKernel } = await import('../kernel/run-kernel.ts');
      await runKernel({ connectionFile, version, instance: instance ?? null });
    });
}

const placed = (command: Command): Command =>
  command
    .addOption(new Option('--name <kernel>', 'as commands call it').default('servelab'))
    .option('--user', "among this user's kernels: the default")
    .option('--prefix <path>', 'below <path>/share/jupyter, as of a Python installed there')
    .option('--sys-prefix', 'of the virtual or Conda environment that is active');

async function install(options: InstallOptions, version: string): Promise<void> {
  const { name, displayName, instance = null } = options;
  const place = placeOf(options);
  const { requireZeromq } = await import('../kernel/sockets.ts');
  await requireZeromq();
  const { installSpec } = await import('../kernel/kernelspec.ts');
  print(`kernel '${name}' is installed in ${installSpec({ name, displayName, instance, version }, place)}`);
  print(`Jupyter lists it as "${displayName}"; \`jupyter console --kernel ${name}\` is a prompt`);
}

async function uninstall(options: PlaceOptions): Promise<void> {
  const { uninstallSpec } = await import('../kernel/kernelspec.ts');
  const folder = uninstallSpec(options.name, placeOf(options));
  print(
    folder === null
      ? `there is no kernel '${options.name}' there`
      : `kernel '${options.name}' is removed from ${folder}`,
  );
}

function placeOf({ user, prefix, sysPrefix }: PlaceOptions): SpecPlace {
  if ([user, prefix, sysPrefix].filter((given) => given !== undefined).length > 1) {
    throw new UsageError('--user, --prefix and --sys-prefix exclude each other');
  }
  if (prefix !== undefined) return { of: 'prefix', prefix };
  if (!sysPrefix) return { of: 'user' };
  const active = process.env.VIRTUAL_ENV ?? process.env.CONDA_PREFIX;
  if (!active)
    throw new UsageError('no environment is active: VIRTUAL_ENV and CONDA_PREFIX are not set; give --prefix');
  return { of: 'prefix', prefix: active };
}
