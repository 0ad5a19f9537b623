/** What may stand where the cursor is, in a command line that is being typed. */
import type { Argument, Command, Option } from 'commander';

export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** Names of what there is, for arguments of that kind. */
export type Names = (
  kind: 'instance' | 'endpoint' | 'backend' | 'revision',
  instance: string,
) => Promise<readonly Candidate[]>;

export type Completion =
  | { readonly type: 'candidates'; readonly candidates: readonly Candidate[] }
  /** The shell knows better. */
  | { readonly type: 'files' };

const FILES: Completion = { type: 'files' };
const NOTHING: Completion = { type: 'candidates', candidates: [] };

/** What arguments and options of these names take. */
const KINDS: Readonly<Record<string, Parameters<Names>[0] | 'file' | 'weights'>> = {
  endpoint: 'endpoint',
  backend: 'backend',
  replica: 'backend',
  'backend=weight': 'weights',
  revision: 'revision',
  name: 'instance',
  instance: 'instance',
  file: 'file',
  files: 'file',
  output: 'file',
  junit: 'file',
  args: 'file',
};

/** Pure but for `names`. `line` goes up to the cursor; its first word is the program. */
export async function complete(program: Command, line: string, names: Names): Promise<Completion> {
  const words = splitWords(line);
  const current = words.pop() ?? '';
  const { command, waiting, position, isOver, instance } = new Place(program, words.slice(1));
  const ask: Ask = (kind) => names(kind, instance);
  if (waiting !== null) return begins(await valuesOf(waiting, ask), current);
  const [, flag = '', value] = /^(--[^=]+)=(.*)$/s.exec(current) ?? [];
  const option = isOver ? undefined : command.options.find(({ long }) => long === flag);
  if (option && value !== undefined) return prefixed(begins(await valuesOf(option, ask), value), `${flag}=`);
  if (current.startsWith('-') && !isOver) return begins(optionsOf(command), current);
  if (command.commands.length > 0) return begins(commandsOf(command), current);
  const argument = argumentAt(command, position);
  return argument ? begins(await valuesOf(argument, ask), current) : NOTHING;
}

type Ask = (kind: Parameters<Names>[0]) => Promise<readonly Candidate[]>;

/** Where in the grammar the words so far lead. */
class Place {
  command: Command;
  /** An option whose value comes next. */
  waiting: Option | null = null;
  /** How many of its arguments the command has. */
  position = 0;
  instance = 'default';
  /** What follows is no option of ours, whatever it looks like. */
  isOver = false;

  constructor(program: Command, words: readonly string[]) {
    this.command = program;
    for (const word of words) this.#take(word);
  }

  #take(word: string): void {
    if (this.waiting !== null) this.#takeValue(this.waiting, word);
    else if (word === '--') this.isOver = true;
    else if (word.startsWith('-') && !this.isOver) this.#takeOption(word);
    else this.#takeOperand(word);
  }

  #takeOption(word: string): void {
    const [, flag = word, value] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
    const option = this.command.options.find(({ long, short }) => long === flag || short === flag);
    if (!option || !takesValue(option)) return;
    if (value === undefined) this.waiting = option;
    else this.#takeValue(option, value);
  }

  #takeValue(option: Option, value: string): void {
    if (option.name() === 'name') this.instance = value;
    this.waiting = null;
  }

  #takeOperand(word: string): void {
    if (this.command.commands.length > 0) {
      this.command = this.command.commands.find((other) => other.name() === word) ?? this.command;
      return;
    }
    this.position++;
    // What follows the name of a script is the script's.
    this.isOver ||= this.command.name() === 'run' && this.command.parent?.parent === null;
  }
}

const takesValue = ({ required, optional }: Option): boolean => required || optional;

/** The last one takes all that follow, if it takes many. */
function argumentAt({ registeredArguments }: Command, position: number): Argument | undefined {
  const last = registeredArguments.at(-1);
  return registeredArguments[position] ?? (last?.variadic ? last : undefined);
}

async function valuesOf(what: Argument | Option, ask: Ask): Promise<Completion> {
  if (what.argChoices)
    return { type: 'candidates', candidates: what.argChoices.map((value) => ({ value, description: '' })) };
  const kind = KINDS[what.name()];
  switch (kind) {
    case undefined:
      return NOTHING;
    case 'file':
      return FILES;
    case 'weights':
      return prefixed({ type: 'candidates', candidates: await ask('backend') }, '', '=');
    default:
      return { type: 'candidates', candidates: await ask(kind) };
  }
}

const optionsOf = (command: Command): Completion => ({
  type: 'candidates',
  candidates: command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long, description }) => (long ? [{ value: long, description }] : [])),
});

const commandsOf = (command: Command): Completion => ({
  type: 'candidates',
  candidates: command
    .createHelp()
    .visibleCommands(command)
    .map((other) => ({ value: other.name(), description: other.description() })),
});

function begins(completion: Completion, start: string): Completion {
  if (completion.type === 'files') return completion;
  return { type: 'candidates', candidates: completion.candidates.filter(({ value }) => value.startsWith(start)) };
}

function prefixed(completion: Completion, before: string, after = ''): Completion {
  if (completion.type === 'files') return completion;
  const candidates = completion.candidates.map(({ value, description }) => ({
    value: before + value + after,
    description,
  }));
  return { type: 'candidates', candidates };
}

/**
 * The words of a command line as a shell would see them, the last one as far as it goes; quotes and backslashes are
 * taken away, nothing is expanded and nothing is run.
 */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  for (const [, space, single, double, escaped, plain] of line.matchAll(
    /(\s+)|'([^']*)'?|"((?:[^"\\]|\\.)*)"?|\\(.?)|([^\s'"\\]+)/gs,
  )) {
    if (space !== undefined) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + (single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? plain ?? '');
  }
  return [...words, word ?? ''];
}
