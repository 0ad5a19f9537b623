import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { Callable } from './callable.ts';
import type { Encoding } from './encoding.ts';
import type { FunctionFacts } from './inspection.ts';
import type { Mode } from './syntax.ts';

const PLAIN_FUNCTION = /^function(?!\s*\*)/;
const STRICT_FILE = /^(?:\s|\/\/.*|\/\*[\s\S]*?\*\/|#!.*)*(['"])use strict\1/;

/** Whether code is strict: modules are, and a plain function says so itself; the rest is as its file begins. */
export function modeOf(target: Callable, text: string, facts: FunctionFacts | null, encoding: Encoding): Mode {
  if (Object.hasOwn(target, 'caller')) return 'sloppy';
  if (PLAIN_FUNCTION.test(text)) return 'strict';
  if (facts === null) return 'unknown';
  if (facts.scopes.some(({ description }) => description === 'Module')) return 'strict';
  return isStrictFile(encoding.fileOf(facts)) ? 'strict' : 'sloppy';
}

const strictFiles = new Map<string, boolean>();

function isStrictFile(file: string): boolean {
  if (!isAbsolute(file)) return false;
  const isStrict = strictFiles.get(file) ?? (existsSync(file) && STRICT_FILE.test(readFileSync(file, 'utf8')));
  strictFiles.set(file, isStrict);
  return isStrict;
}
