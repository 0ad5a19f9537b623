/** What a session knows of what is typed: completions, help, mistakes. */
import type { Client, ServeStatus } from '../../lib/index.ts';
import { COMMANDS, type CommandEntry } from '../commands/table.ts';
import { backendsRunning } from '../deployed.ts';
import { textOf } from '../display/bundle.ts';
import { paint } from '../display/paint.ts';
import { completeness } from '../evaluate/completeness.ts';
import { Evaluator } from '../evaluate/evaluator.ts';
import type { Completion, Diagnostic } from '../types/answers.ts';
import { sessionGlobals } from '../types/session-globals.ts';
import type { TypeServer } from '../types/type-server.ts';
import { commandWords } from './command-words.ts';
import { type LivePlace, livePlace } from './live-place.ts';
import { liveMembers, liveValue } from './live-value.ts';
import type { Look } from './protocol.ts';

export interface Completed {
  readonly matches: readonly string[];
  readonly start: number;
  readonly end: number;
}

const COMMAND_NAMES: readonly string[] = Object.keys(COMMANDS);

const SHOW = `declare namespace session {
  interface Show {
${Object.entries<CommandEntry>(COMMANDS)
  .map(([name, { usage, about }]) => `/** ${about}: \`.${name} ${usage}\` */ ${name}(...args: any[]): Promise<any>;`)
  .join('\n')}
/** The same of another instance: \`await show.of(client).gpus()\`. */ of(client: import('servelab').Client): Show;
  }
}`;

/** Of every session: the first cell may come before the instance has said what there is. */
export const FIRST_GLOBALS = sessionGlobals({ backends: {}, endpoints: {} }, SHOW);

/** Lines of help and of source. */
const MOST_LINES = 200;

/** Before a cell is evaluated: nothing, its mistakes are said, or it is refused for them. */
export type CheckMode = 'off' | 'warn' | 'on';

export class Assistant {
  mode: CheckMode = 'warn';
  readonly #evaluator: Evaluator;
  /** Null: nobody types here. */
  readonly #types: TypeServer | null;
  #status: ServeStatus | null = null;
  #names = '';

  /** `types`: null where nobody types. */
  constructor(evaluator: Evaluator, types: TypeServer | null) {
    this.#evaluator = evaluator;
    this.#types = types;
  }

  /** Names of endpoints and backends complete, and are known to the types, as they come and go; until the client ends. */
  async follow(client: Client): Promise<void> {
    for await (const status of client.watch()) {
      this.#status = status;
      const names = JSON.stringify([Object.keys(status.endpoints), Object.keys(status.backends)]);
      if (names === this.#names) continue;
      this.#names = names;
      if (this.#types) this.#types.globals = sessionGlobals(status, SHOW);
    }
  }

  /** A cell has been evaluated. */
  add(cell: string): void {
    this.#types?.add(cell);
  }

  /** Starts what takes long to start. */
  async warmUp(): Promise<void> {
    const typed = this.#types?.check('');
    Evaluator.warmUp();
    await typed;
  }

  /** What is wrong with a cell; nothing as long as the types are not there, and of what is too plain to be wrong. */
  async check(code: string): Promise<readonly Diagnostic[]> {
    if (this.mode === 'off' || !this.#types?.pid || !/[(.:=]/.test(code) || completeness(code).status !== 'complete')
      return [];
    return this.#types.check(code);
  }

  async complete(code: string, cursor: number): Promise<Completed> {
    const before = code.slice(0, cursor);
    if (/^\s*\.[\w-]*$/.test(before)) return this.#commands(before);
    if (/^\s*\.[\w-]+\s/.test(before)) return this.#words(before);
    const typed = (await this.#types?.complete(code, cursor)) ?? [];
    const place = livePlace(before);
    const live = place === null ? { matches: [], start: cursor, end: cursor } : this.#live(place, cursor);
    const start = typed[0]?.replaces[0] ?? live.start;
    const end = typed[0]?.replaces[1] ?? live.end;
    const same = typed.filter(({ replaces }) => replaces[0] === start && replaces[1] === end);
    const extra = start === live.start && end === live.end ? live.matches : [];
    return { matches: [...new Set([...same.map(textOfCompletion), ...extra])], start, end };
  }

  /** null: nothing is known of it. `detail` 1: its source, and where it is deployed, too. */
  async inspect(expression: string, detail: 0 | 1, look: Look, client: Client): Promise<string | null> {
    const hover = (await this.#types?.hover(expression, expression.length)) ?? null;
    const found = liveValue(expression);
    if (hover === null && found === null) return null;
    const declared = this.#evaluator.names().find(({ name }) => name === expression);
    const parts = [
      hover && paint(look, 'bold', hover.signature),
      hover?.documentation,
      found && typeof found.value !== 'function' ? textOf(found.value, look) : null,
      declared ? paint(look, 'dim', `declared in ${declared.file}:${declared.line}`) : null,
      detail === 1 ? (declared?.source ?? sourceOf(found?.value)) : null,
      detail === 1 && typeof found?.value === 'function' ? await deployedText(found.value, client) : null,
    ];
    return parts
      .filter((part) => part)
      .join('\n')
      .split('\n')
      .slice(0, MOST_LINES)
      .join('\n');
  }

  async close(): Promise<void> {
    await this.#types?.close();
  }

  #commands(before: string): Completed {
    const begun = before.trimStart().slice(1);
    const start = before.length - begun.length;
    return { matches: COMMAND_NAMES.filter((name) => name.startsWith(begun)), start, end: before.length };
  }

  #words(before: string): Completed {
    const { matches, begun } = commandWords(before, this.#status);
    return { matches, start: before.length - begun.length, end: before.length };
  }

  #live({ path, begun }: LivePlace, cursor: number): Completed {
    const names = path === '' ? this.#evaluator.names().map(({ name }) => name) : this.#members(path);
    return { matches: names.filter((name) => name.startsWith(begun)), start: cursor - begun.length, end: cursor };
  }

  #members(path: string): readonly string[] {
    return path === 'endpoints' ? Object.keys(this.#status?.endpoints ?? {}) : liveMembers(path);
  }
}

const textOfCompletion = ({ text }: Completion): string => text;

function sourceOf(value: unknown): string | null {
  if (typeof value !== 'function') return null;
  const source = Function.prototype.toString.call(value);
  return source.includes('[native code]') ? null : source;
}

async function deployedText(value: unknown, client: Client): Promise<string> {
  const tags = await backendsRunning(value, client);
  return tags.length === 0 ? 'not deployed as it is now' : `deployed as ${tags.join(', ')}`;
}
