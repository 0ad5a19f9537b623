import { type Command, Option } from 'commander';
import { connect, type ServeStatus } from '../../lib/index.ts';
import type { OpenGiven } from '../../tui/index.ts';
import { showLines } from '../log-lines.ts';
import { UsageError } from './failure.ts';
import { logOf } from './logs.ts';
import { nameOf, positiveNumber, type ShownOptions, shown, withClient } from './options.ts';
import { printJson, write } from './output.ts';

interface TopOptions extends ShownOptions {
  readonly once?: true;
  readonly watch?: true | number;
  readonly ascii?: true;
  readonly theme?: NonNullable<OpenGiven['ui']['theme']>;
  readonly view?: NonNullable<OpenGiven['ui']['view']>;
  readonly mouse?: true;
  readonly readonly?: true;
}

type View = NonNullable<TopOptions['view']>;
type Theme = NonNullable<TopOptions['theme']>;

// The screen is loaded for none of the other commands, nor to complete one: its names stand here again, all of them.
const VIEWS = Object.keys({
  ...{ overview: 1, replicas: 2, gpus: 3, latency: 4, events: 5, log: 6, pictures: 7 },
} satisfies Record<View, number>);
const THEMES = Object.keys({ dark: 1, light: 2, contrast: 3, mono: 4 } satisfies Record<Theme, number>);
const WATCH_S = 2;

export function addTop(program: Command): void {
  shown(program.command('top'))
    .summary('everything alive on one screen')
    .description(
      'Shows what an instance serves and how it does, live. Where there is no terminal: one snapshot, as a table.',
    )
    .option('--once', 'one snapshot, as a table')
    .option('--watch [seconds]', `a snapshot every so many seconds (default: ${WATCH_S}), until Ctrl-C`, positiveNumber)
    .addOption(new Option('--view <view>', 'where it begins').choices(VIEWS))
    .addOption(new Option('--theme <theme>', 'colours').choices(THEMES))
    .option('--ascii', 'ASCII only; by itself where the locale is not UTF-8')
    .option('--mouse', 'clicks and wheel; M turns it on and off')
    .option('--readonly', 'nothing can be changed from it')
    .action(async (_: TopOptions, command: Command) => {
      const options = command.optsWithGlobals<TopOptions>();
      if (options.once && options.watch !== undefined) throw new UsageError('--once and --watch exclude each other');
      if (options.watch !== undefined) await watch(options, options.watch === true ? WATCH_S : options.watch);
      else if (options.once || options.json || !isScreen()) await once(options);
      else await open(options);
    });
}

/** Where Ink has what it needs. */
const isScreen = (): boolean => process.stdin.isTTY && process.stdout.isTTY && process.env.TERM !== 'dumb';

async function once(options: TopOptions): Promise<void> {
  await show(options, await withClient(options, (client) => client.status()));
}

/** Ends with the instance. */
async function watch(options: TopOptions, seconds: number): Promise<void> {
  const client = await connect({ name: nameOf(options) });
  const ended = client.ended();
  for (;;) {
    await show(options, await client.status());
    const isOver = await Promise.race([ended.then(() => true), pause(seconds * 1_000)]);
    if (isOver) return;
  }
}

const pause = (ms: number): Promise<false> => new Promise((resolve) => setTimeout(resolve, ms, false));

async function show({ json }: TopOptions, status: ServeStatus): Promise<void> {
  if (json) printJson(status);
  else {
    const { snapshotText } = await import('../../tui/index.ts');
    await write(`${snapshotText(status, Date.now())}\n`);
  }
}

async function open(options: TopOptions): Promise<void> {
  const { ascii, theme, view, mouse, readonly } = options;
  const { openTop } = await import('../../tui/index.ts');
  await openTop({
    name: nameOf(options),
    followLog: (last, follow, take) => followLog(nameOf(options), last, follow, take),
    followPictures: async (...given) => {
      const { followPictures } = await import('./follow-pictures.ts');
      await followPictures(nameOf(options), ...given);
    },
    look: { ...(ascii && { ascii }), ...(theme && { theme }) },
    ui: { ...(view && { view }), ...(mouse && { isMouseOn: true }) },
    readonlyReason: readonly ? 'this screen was opened with --readonly' : null,
  });
}

async function followLog(
  name: string,
  last: number,
  follow: AbortSignal,
  take: (lines: readonly string[]) => void,
): Promise<void> {
  await showLines(await logOf(name), { isWanted: () => true, last, follow }, take);
}
