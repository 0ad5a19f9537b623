import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ServeError } from '../../lib/index.ts';
import { formatOf, notebookOf, replaceFile, writeNotebookText } from '../notebook/notebook-file.ts';
import { type Command, type CommandContext, literal, usageError } from './command.ts';
import { flagsOf, requireNoMore, requireWord } from './flags.ts';

const USAGE = 'save <file.ts|file.ipynb> [--force]';

/** What this session has written, which may be written again. */
class Saved {
  readonly paths = new Set<string>();
}

interface SaveGiven {
  /** Also over a file that is there. Default false. */
  readonly force?: boolean;
}

export const command: Command<[file: string, given?: SaveGiven]> = {
  parse: (words) => {
    const { rest, given } = flagsOf(words, { force: 'alone' }, USAGE);
    requireNoMore(rest, 1, USAGE);
    const file = requireWord(rest, 0, 'the file', USAGE);
    return given.force === undefined ? [file] : [file, { force: true }];
  },
  call: (file, given) => `await show.save(${literal(file)}${given === undefined ? '' : `, ${literal(given)}`})`,
  run: async (context, file, { force = false } = {}) => {
    const { directory, memory, print } = context;
    const format = formatOf(file);
    if (format === null) throw usageError(USAGE, `'${file}' is neither .ts nor .ipynb`);
    const path = resolve(directory, file);
    const { paths } = memory.of(Saved);
    if (existsSync(path) && !force && !paths.has(path)) {
      throw new ServeError('INVALID_ARGUMENT', `'${file}' exists; .save ${file} --force writes over it`);
    }
    const kept = await savedCells(context);
    if (kept.length === 0)
      throw new ServeError('INVALID_ARGUMENT', 'no cell has run well yet: there is nothing to save');
    await replaceFile(path, writeNotebookText(notebookOf(kept), format), file);
    paths.add(path);
    print(`${kept.length} ${kept.length === 1 ? 'cell' : 'cells'} in ${file}; .open ${file} runs them\n`);
  },
};

/** Those that ran well; a command is the call that it stands for, and those that only show something are left out. */
async function savedCells({ cells, plainCall }: CommandContext): Promise<readonly string[]> {
  const good = cells.filter(({ status, code }) => status === 'ok' && code.trim() !== '');
  const codes = good.map(async ({ code }) => {
    const call = await plainCall(code);
    if (call === null) return [code];
    if (call === 'await show.undo()') return ['// .undo took back the last change here'];
    return call.startsWith('await client.') && !READS.test(call) ? [call] : [];
  });
  return (await Promise.all(codes)).flat();
}

const READS = /^await client\.(?:getBackendConfig|history)\(/;
