/** Options and arguments that several commands have in common. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Client, connect } from '../../lib/index.ts';

export interface NamedOptions {
  readonly name?: string;
}

export interface ShownOptions extends NamedOptions {
  readonly json?: true;
}

/** A command about one instance. */
export const named = (command: Command): Command => command.addOption(nameOption());

export const nameOption = (): Option => new Option('--name <instance>', "the instance's name (default: default)");

/** One that shows something. */
export const shown = (command: Command): Command => named(command).option('--json', 'as JSON');

export const nameOf = ({ name = 'default' }: NamedOptions): string => name;

/** Commands in a sentence: `servelab start --name x`. */
export const commandLine = (words: string, name: string): string =>
  name === 'default' ? `servelab ${words}` : `servelab ${words} --name ${name}`;

/** Lets go of the instance however the work ends. */
export async function withClient<T>(options: NamedOptions, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await connect({ name: nameOf(options) });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

export function wholeNumber(given: string): number {
  if (/^\d{1,15}$/.test(given)) return Number(given);
  throw new InvalidArgumentError(`A whole number >= 0 is wanted.`);
}

export function positiveNumber(given: string): number {
  const value = Number(given);
  if (given.trim() !== '' && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('A number > 0 is wanted.');
}

export function numberFromZero(given: string): number {
  const value = Number(given);
  if (given.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError('A number >= 0 is wanted.');
}
