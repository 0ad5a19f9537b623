import { stripTypeScriptTypes } from 'node:module';
import { type Options, parse } from 'acorn';

/** What was typed, as JavaScript in the same places; or why it cannot be. */
export type Read =
  | { readonly as: 'javascript'; readonly code: string }
  /** `incomplete`: more lines may complete it. `unsupported`: TypeScript that is more than types, as an enum. */
  | { readonly as: 'incomplete' | 'unsupported' | 'invalid'; readonly error: Error };

/**
 * Blanks the types of TypeScript. What is JavaScript already stays as it is: `a < b > (c)` means something else there.
 * A `module` may have imports and is strict, a `script` not.
 */
export function toJavaScript(source: string, sourceType: 'module' | 'script'): Read {
  return isJavaScript(source, sourceType) ? { as: 'javascript', code: source } : withoutTypes(source);
}

/** The same of what is TypeScript in any case, where `a < b > (c)` is a call. */
export function withoutTypes(source: string): Read {
  try {
    return { as: 'javascript', code: withoutWarning(() => stripTypeScriptTypes(source)) };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const isUnsupported = 'code' in error && error.code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX';
    return { as: isUnsupported ? 'unsupported' : endsTooEarly(error) ? 'incomplete' : 'invalid', error };
  }
}

function isJavaScript(source: string, sourceType: 'module' | 'script'): boolean {
  const options: Options = { ecmaVersion: 'latest', sourceType, allowAwaitOutsideFunction: true, allowHashBang: true };
  try {
    parse(source, options);
    return true;
  } catch {
    return false;
  }
}

/** Node marks the place of the error with carets below its line, except when that is the end of the input. */
function endsTooEarly({ message, stack = '' }: Error): boolean {
  if (/^Unterminated (?:template|block comment)|got '<eof>'/.test(message)) return true;
  const snippet = stack.slice(0, stack.indexOf('SyntaxError'));
  return !/^\s*\^+\s*$/m.test(snippet);
}

/** Node says once per process that stripping is experimental. It is given synchronously, so nobody else's is lost. */
function withoutWarning<T>(work: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return work();
  } finally {
    process.emitWarning = emitWarning;
  }
}
