/** One name that a module imports; `exportName` null: the whole namespace. */
export interface ImportedName {
  readonly specifier: string;
  readonly exportName: string | null;
  readonly isRequired: boolean;
}

const COMMENT = /\/\*[\s\S]*?\*\//g;
const IMPORT = /(?<=^|;)[ \t]*import\s+(?!type\s)([\w$*{},\s]+?)\s*from\s*(['"])([^'"\n]+)\2/gm;
const REQUIRE =
  /\b(?:const|let|var)\s+(\{[^{}]*\}|[\w$]+)\s*=\s*require\(\s*(['"])([^'"\n]+)\2\s*\)(?:\s*\.\s*([\w$]+))?/g;
const NAMED = /^(?:(?!type\s)([\w$]+)\s+as\s+)?([\w$]+)$/;
const PICKED = /^(?:([\w$]+)\s*:\s*)?([\w$]+)$/;

/**
 * The names that a module's text imports. It need not be parsed for that: whoever asks compares what the module exports
 * with the value at hand, so a name that is wrongly found does no harm, and one that is missed travels by value.
 */
export function importsOf(text: string): ReadonlyMap<string, ImportedName> {
  const code = text.replace(COMMENT, '');
  const names = new Map<string, ImportedName>();
  for (const [, clause = '', , specifier = ''] of code.matchAll(IMPORT)) {
    for (const [local, exportName] of importedNames(clause))
      names.set(local, { specifier, exportName, isRequired: false });
  }
  for (const [, target = '', , specifier = '', member] of code.matchAll(REQUIRE)) {
    for (const [local, exportName] of requiredNames(target, member)) {
      names.set(local, { specifier, exportName, isRequired: true });
    }
  }
  return names;
}

function* importedNames(clause: string): Generator<readonly [local: string, exportName: string | null]> {
  const [, ahead = '', named = ''] = /^([^{]*)(?:\{([\s\S]*)\})?/.exec(clause) ?? [];
  for (const part of ahead.split(',').map((text) => text.trim())) {
    const whole = /^\*\s*as\s+([\w$]+)$/.exec(part)?.[1];
    if (whole !== undefined) yield [whole, null];
    else if (/^[\w$]+$/.test(part)) yield [part, 'default'];
  }
  yield* pairs(named, NAMED);
}

function* requiredNames(target: string, member: string | undefined): Generator<readonly [string, string]> {
  if (!target.startsWith('{')) yield [target, member ?? 'default'];
  else if (member === undefined) yield* pairs(target.slice(1, -1), PICKED);
}

function* pairs(list: string, pattern: RegExp): Generator<readonly [local: string, exportName: string]> {
  for (const item of list.split(',')) {
    const [, exported, local] = pattern.exec(item.trim()) ?? [];
    if (local !== undefined) yield [local, exported ?? local];
  }
}
