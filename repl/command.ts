/** The command `servelab`: reads its arguments, and tells how it went by its exit code. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { tellFailure } from './cli/failure.ts';
import { type NamedOptions, nameOf } from './cli/options.ts';
import { endWithReader, written } from './cli/output.ts';
import { newProgram } from './cli/program.ts';
import { promptOrScript } from './prompt-or-script.ts';

/** Runs `servelab` with these arguments, to the end of the process. */
export async function runCommand(args: readonly string[]): Promise<never> {
  const program = await newProgram(readVersion(), args);
  try {
    if (isBare(program, args)) await promptOrScript(nameOf(program.opts<NamedOptions>()));
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = tellFailure(error);
  }
  endWithReader();
  // Connections that are still open must not keep it.
  await Promise.all([process.stdout, process.stderr].map(written));
  process.exit();
}

/** Nothing but options of ours: no command, nothing unknown. */
function isBare(program: Command, args: readonly string[]): boolean {
  const { operands, unknown } = program.parseOptions([...args]);
  return operands.length === 0 && unknown.length === 0;
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '';
}
