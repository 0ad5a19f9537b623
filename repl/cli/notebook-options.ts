/** What the commands about notebooks are given, and where they write. */
import { access, constants, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageOf } from '../message-of.ts';
import type { ExportFormat } from '../notebook/export.ts';
import { formatOf, replaceFile } from '../notebook/notebook-file.ts';
import { UsageError } from './failure.ts';
import { write } from './output.ts';

export interface RunCommandOptions {
  readonly parameter?: readonly string[];
  readonly timeout?: number;
  readonly allowErrors?: true;
  readonly to?: 'ipynb' | 'html' | 'md';
  readonly output?: string;
  readonly junit?: string;
  readonly name?: string;
}

export interface CheckOptions {
  readonly force?: true;
  readonly write?: true;
  readonly timeout?: number;
}

export interface ExportOptions {
  readonly to: ExportFormat;
  readonly output?: string;
}

export interface Target {
  readonly format: ExportFormat;
  /** As it was given; null: stdout. */
  readonly file: string | null;
}

/** Throws a UsageError. */
export function requireNotebook(file: string): void {
  if (formatOf(file) === null) throw new UsageError(`a notebook ends in .ts or .ipynb, got '${file}'`);
}

/** Null: no document is wanted. Throws a UsageError. */
export function targetOf(file: string, given: { readonly to?: ExportFormat; readonly output?: string }): Target | null {
  const { to, output } = given;
  if (to === undefined && output === undefined) return null;
  const [, ending] = /\.(ipynb|html|md)$/.exec(output ?? '') ?? [];
  const format = to ?? (ending as ExportFormat | undefined);
  if (format === undefined)
    throw new UsageError(`the format of '${output}' is not known; --to ipynb, html or md says it`);
  const beside = file.replace(/\.(?:ts|ipynb)$/, `.${format}`);
  if (output === undefined && beside === file) {
    throw new UsageError(
      `--to ${format} would write over '${file}'; --output ${file} does that, another path does not`,
    );
  }
  return { format, file: output === '-' ? null : (output ?? beside) };
}

/** Before what would be lost is made. Throws a UsageError. */
export async function requireRoomFor(files: readonly (string | null | undefined)[]): Promise<void> {
  for (const file of files) {
    if (file === null || file === undefined || file.startsWith('/dev/')) continue;
    await access(dirname(resolve(file)), constants.W_OK).catch((error: unknown) => {
      throw new UsageError(`'${file}' cannot be written: ${messageOf(error)}`);
    });
  }
}

export async function writeTarget({ file }: Target, text: string): Promise<void> {
  if (file === null) await write(text);
  else await writeOver(file, text);
}

/** A device, as /dev/stdout, cannot be replaced by a file. */
export async function writeOver(file: string, text: string): Promise<void> {
  if (file.startsWith('/dev/')) await writeFile(file, text);
  else await replaceFile(resolve(file), text, file);
}
