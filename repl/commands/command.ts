/** What each command of the prompt is: a line that stands for a plain call, which it shows. */
import type { Client } from '../../lib/index.ts';
import { escapeControls, ServeError } from '../../lib/index.ts';
import type { Evaluator } from '../evaluate/evaluator.ts';
import type { CheckMode } from '../session/assistant.ts';
import type { CellRecord } from '../session/cell-record.ts';
import type { Look } from '../session/protocol.ts';
import type { Memory } from './memory.ts';

export interface CommandContext {
  readonly client: Client;
  readonly look: Look;
  /** Aborted when the user interrupts it. */
  readonly signal: AbortSignal;
  readonly evaluator: Evaluator;
  /** What is done about mistakes in the types. */
  readonly checks: { mode: CheckMode };
  /** Cells that have run, oldest first. */
  readonly cells: readonly CellRecord[];
  /** Where relative paths begin. */
  readonly directory: string;
  print(text: string): void;
  /** Shows a value in the place of what this id has shown before; in a terminal, where it was. */
  display(value: unknown, id?: string): void;
  readonly memory: Memory;
  /** Runs code as a part of the command. Rejects INVALID_ARGUMENT in a cell, which is one already. */
  evaluate(code: string, file: string, line?: number): Promise<unknown>;
  /** Runs a cell of its own: counted, kept, its result shown; a line with a dot, too. Rejects as `evaluate` does. */
  runCell(code: string, file: string, line?: number): Promise<void>;
  /** In a cell: has this run after it. null: it is a command of its own. */
  readonly submit: ((code: string) => void) | null;
  /** The plain call that a line with a dot stands for; null: it is none. */
  plainCall(code: string): Promise<string | null>;
  /** `client` and its like are another instance's from now on. Rejects with what `serve.connect` rejects with. */
  connect(instance: string): Promise<void>;
}

/** `Args`: what the plain function takes. Every command is a module of its own, which exports one as `command`. */
export interface Command<Args extends readonly unknown[]> {
  /** Words of the line to arguments; throws what `usageError` makes. `line`: the same, not cut into words. */
  parse(words: readonly string[], line: string): Args;
  /** The plain call as its user would type it. */
  call(...args: Args): string;
  /** What it resolves with is shown, as a cell's result. */
  run(context: CommandContext, ...args: Args): Promise<unknown>;
}

/** One of which no more is known: what `parse` gives is what the others take. */
export interface AnyCommand {
  parse(words: readonly string[], line: string): readonly unknown[];
  call(...args: never[]): string;
  run(context: CommandContext, ...args: never[]): Promise<unknown>;
}

export const usageError = (usage: string, found: string): ServeError =>
  new ServeError('INVALID_ARGUMENT', `${found}${found.endsWith('?') ? '' : ';'} usage: .${usage}`);

/** A value as its user would type it. */
export function literal(value: unknown): string {
  if (typeof value === 'string') {
    return `'${escapeControls(value.replaceAll('\\', '\\\\').replaceAll("'", "\\'"))}'`;
  }
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const fields = Object.entries(value).map(([name, field]) => {
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name);
    return `${key}: ${literal(field)}`;
  });
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}
