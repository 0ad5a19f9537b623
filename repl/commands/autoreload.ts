import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { BackendTarget } from '../../lib/index.ts';
import { backendsRunning } from '../deployed.ts';
import { liveValue } from '../session/live-value.ts';
import type { Command, CommandContext } from './command.ts';
import { usageError } from './command.ts';
import { requireNoMore } from './flags.ts';

const USAGE = 'autoreload [on|off]';
/** Editors write a file in several steps. */
const SETTLED_MS = 50;
const LOOK_EVERY_MS = 1000;

/** Of one session: the directories that are looked at, and the files of theirs that cells have imported. */
class Watching {
  #stop: (() => void) | null = null;

  get isOn(): boolean {
    return this.#stop !== null;
  }

  begin(stop: () => void): void {
    this.#stop = stop;
  }

  end(): void {
    this.#stop?.();
    this.#stop = null;
  }
}

export const command: Command<[isOn?: boolean]> = {
  parse: (words) => {
    requireNoMore(words, 1, USAGE);
    const [word] = words;
    if (word === undefined) return [];
    if (word !== 'on' && word !== 'off') throw usageError(USAGE, `'${word}' is neither on nor off`);
    return [word === 'on'];
  },
  call: (isOn) => `await show.autoreload(${isOn ?? ''})`,
  run: async (context, isOn) => {
    const watching = context.memory.of(Watching);
    if (isOn === true && !watching.isOn) watching.begin(follow(context));
    if (isOn === false) watching.end();
    return watching.isOn
      ? 'on: a file that cells have imported is imported again when it is saved, and its backends are updated'
      : 'off';
  },
};

/** Looks at what is imported now and later. Returns what ends it. */
function follow(context: CommandContext): () => void {
  const deployed = new Deployed(context);
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | null = null;
  const watchers = new Map<string, FSWatcher>();
  const fail = (error: unknown): void => context.print(`autoreload: ${String(error)}\n`);
  const look = (): void => {
    void deployed.look().catch(fail);
    for (const directory of new Set(filesOf(context).map((file) => dirname(file)))) {
      if (watchers.has(directory)) continue;
      const watcher = watch(directory, { persistent: false }, (_, name) => {
        for (const file of filesOf(context)) {
          if (dirname(file) === directory && basename(file) === name) changed.add(file);
        }
        if (changed.size > 0) timer ??= setTimeout(renew, SETTLED_MS);
      });
      watcher.on('error', fail);
      watchers.set(directory, watcher);
    }
  };
  const renew = (): void => {
    timer = null;
    const files = [...changed];
    changed.clear();
    void update(files, deployed, context).catch(fail);
  };
  look();
  // Cells import more, and deploy it, as time goes by.
  const again = setInterval(look, LOOK_EVERY_MS).unref();
  return () => {
    clearInterval(again);
    if (timer !== null) clearTimeout(timer);
    for (const watcher of watchers.values()) watcher.close();
  };
}

const filesOf = ({ evaluator }: CommandContext): string[] => [
  ...new Set(
    evaluator
      .names()
      .flatMap(({ imported }) =>
        imported?.url.startsWith('file:') ? [fileURLToPath(imported.url.split('?')[0] ?? '')] : [],
      ),
  ),
];

async function update(files: readonly string[], deployed: Deployed, context: CommandContext): Promise<void> {
  const { client, evaluator, print } = context;
  const { names, problems } = await evaluator.reload(files.map((file) => pathToFileURL(file).href));
  for (const problem of problems) print(`autoreload: ${problem}\n`);
  for (const name of names) {
    const tags = deployed.byName.get(name) ?? [];
    const target = liveValue(name)?.value as BackendTarget;
    for (const tag of tags) await client.updateBackend(tag, target);
    print(`autoreload: ${name}${tags.length > 0 ? `, and with it ${tags.join(', ')}` : ''}\n`);
  }
}

/** Which backends run what was imported: known before a file changes, as code is compared with what files hold. */
class Deployed {
  byName = new Map<string, readonly string[]>();
  readonly #context: CommandContext;
  #seen = '';

  constructor(context: CommandContext) {
    this.#context = context;
  }

  async look(): Promise<void> {
    const { client, evaluator } = this.#context;
    const { backends } = await client.describe();
    const imported = evaluator.names().filter((name) => name.imported?.exportName);
    const codes = Object.entries(backends).map(([tag, { digests }]) => [tag, digests.code]);
    const seen = JSON.stringify([codes, imported.map(({ name }) => name)]);
    if (seen === this.#seen) return;
    this.#seen = seen;
    const found = new Map<string, readonly string[]>();
    for (const { name } of imported) found.set(name, await backendsRunning(liveValue(name)?.value, client));
    this.byName = found;
  }
}
