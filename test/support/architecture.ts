// The import rule of design.md as a function from sources to what breaks it.
import { stripTypeScriptTypes } from 'node:module';
import { posix } from 'node:path';
import { type AnyNode, parse } from 'acorn';

export interface Source {
  /** From the repository's root, with `/`: `lib/router/shadow.ts`. */
  readonly path: string;
  readonly text: string;
}

export interface Import {
  readonly from: string;
  readonly to: string;
  readonly isTypeOnly: boolean;
}

export const maxLines = 300;

const doors = ['repl', 'tui'];
const parts = ['controller', 'router', 'replica', 'proxy', 'node', 'control', 'telemetry', 'store', 'shipping'];
/** Where parts are introduced to each other: the instance, and its counterpart inside a replica. */
const compositions = ['instance', 'inside', 'remote'];
/** The root files that know more than types of what stands below them. */
const rootExceptions: Readonly<Record<string, readonly string[]>> = {
  'lib/client.ts': ['shipping'], // shipping's sending end
  'lib/backend-request.ts': ['shipping'], // the same
  'lib/config.ts': ['shipping'], // where its modules and directories are seen from
  'lib/serve.ts': ['instance', 'remote'], // starts one, or finds it
  'lib/instances.ts': ['remote'], // finds all of them
};

/** Everything that breaks the rule, one sentence each. */
export function findViolations(sources: readonly Source[]): string[] {
  const imports = sources.flatMap(readImports);
  return [
    ...sources.flatMap(misplaced),
    ...imports.flatMap((found) => {
      const reason = refusal(found);
      return reason === undefined ? [] : [`${found.from} imports ${found.to}: ${reason}`];
    }),
    ...findCycles(imports),
    ...sources.flatMap(tooLong),
  ];
}

/** The relative imports of a source, those of types included. */
export function readImports({ path, text }: Source): Import[] {
  const code = stripTypeScriptTypes(text);
  const toImport = (specifier: string, isTypeOnly: boolean): Import[] =>
    specifier.startsWith('.') ? [{ from: path, to: posix.join(posix.dirname(path), specifier), isTypeOnly }] : [];
  return [
    ...valueSpecifiers(code).flatMap((specifier) => toImport(specifier, false)),
    ...typeSpecifiers(text, code).flatMap((specifier) => toImport(specifier, true)),
  ];
}

function valueSpecifiers(code: string): string[] {
  const program = parse(code, { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true });
  const found: string[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (isNode(value)) {
      const specifier = 'source' in value ? literalText(value.source) : undefined;
      if (specifier !== undefined) found.push(specifier);
      Object.values(value).forEach(visit);
    }
  };
  visit(program);
  return found;
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value;
}

/** The text of a string or of a template without holes; `import()` takes either. */
function literalText(source: AnyNode | null | undefined): string | undefined {
  if (source?.type === 'Literal' && typeof source.value === 'string') return source.value;
  if (source?.type === 'TemplateLiteral' && source.expressions.length === 0)
    return source.quasis[0]?.value.cooked ?? '';
  return undefined;
}

/** Stripping blanks what is type-only and nothing else, so a statement in a string or a comment is not taken for one. */
function typeSpecifiers(text: string, code: string): string[] {
  const patterns = [/\b(?:im|ex)port\s+type\b[^;'"]*?\bfrom\s*['"]([^'"]+)['"]/g, /\bimport\(\s*['"]([^'"]+)['"]/g];
  return patterns
    .flatMap((pattern) => [...text.matchAll(pattern)])
    .filter((match) => code.slice(match.index, match.index + match[0].length).trim() === '')
    .map((match) => match[1] ?? '');
}

/** Why an import is refused; undefined when it is allowed. */
function refusal({ from, to, isTypeOnly }: Import): string | undefined {
  const [fromArea, toArea] = [areaOf(from), areaOf(to)];
  if (doors.includes(fromArea)) return doorRefusal(fromArea, toArea, to);
  if (!to.startsWith('lib/')) return 'lib knows nothing outside lib';
  if (fromArea === toArea && fromArea !== 'root') return undefined;
  if (compositions.includes(fromArea)) return compositionRefusal(toArea);
  if (from === 'lib/index.ts' || rootExceptions[from]?.includes(toArea)) return undefined;
  if (from === 'lib/errors.ts') return 'errors.ts stands on nothing';
  if (fromArea !== 'root') return refusalByLayer(fromArea, to);
  if (![...parts, ...compositions].includes(toArea) || isTypeOnly) return undefined;
  return 'a root file takes types only from a part or a composition';
}

function doorRefusal(fromArea: string, toArea: string, to: string): string | undefined {
  // The command line opens the screen; the screen knows nothing of who opens it.
  if (fromArea === 'tui' && toArea === 'repl') return 'tui/ knows nothing of repl/';
  return doors.includes(toArea) || to === 'lib/index.ts' ? undefined : 'a door knows lib by lib/index.ts only';
}

function compositionRefusal(toArea: string): string | undefined {
  return compositions.includes(toArea) ? 'instance/, inside/ and remote/ meet by messages only' : undefined;
}

/** A folder of lib on anything but itself. */
function refusalByLayer(fromArea: string, to: string): string | undefined {
  const layers = fromArea === 'domain' ? [] : fromArea === 'wire' ? ['domain'] : ['domain', 'wire'];
  if (to === 'lib/errors.ts' || layers.includes(areaOf(to))) return undefined;
  return `${fromArea}/ imports only ${['itself', 'errors.ts', ...layers].join(', ')}`;
}

/** The door, the part or layer of lib, or `root` for a file directly in lib. */
function areaOf(path: string): string {
  const [top = '', second = '', ...rest] = path.split('/');
  if (top !== 'lib') return top;
  return rest.length === 0 ? 'root' : second;
}

function misplaced({ path }: Source): string[] {
  const area = areaOf(path);
  const isKnown = [...doors, ...parts, ...compositions, 'domain', 'wire', 'root'].includes(area);
  return isKnown ? [] : [`${path}: lib has no part named ${area}`];
}

function tooLong({ path, text }: Source): string[] {
  const lines = text.replace(/\n$/, '').split('\n').length;
  return lines <= maxLines ? [] : [`${path} has ${lines} lines, and ${maxLines} are the limit`];
}

/** One sentence per cycle met first; imports of types are gone at run time and make none. */
function findCycles(imports: readonly Import[]): string[] {
  const targets = Map.groupBy(
    imports.filter((found) => !found.isTypeOnly),
    (found) => found.from,
  );
  const cycles: string[] = [];
  const finished = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start >= 0) cycles.push(`import cycle: ${[...trail.slice(start), file].join(' → ')}`);
    if (start >= 0 || finished.has(file)) return;
    for (const { to } of targets.get(file) ?? []) visit(to, [...trail, file]);
    finished.add(file);
  };
  for (const file of targets.keys()) visit(file, []);
  return cycles;
}
