/** The project that a session's document belongs to: files of the session's directory that exist for the server only. */
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { resolveFrom } from './executable.ts';

export interface VirtualFile {
  readonly uri: string;
  readonly languageId: 'json' | 'typescript';
  readonly text: string;
}

export interface Project {
  /** The session's document; `.mts`, as cells are modules in any directory. */
  readonly documentUri: string;
  readonly globalsUri: string;
  readonly configuration: readonly VirtualFile[];
}

const DISTRIBUTION = join(import.meta.dirname, '..', '..');
const DOCUMENT = '.servelab-session.mts';
const GLOBALS = '.servelab-globals.d.ts';
const PLATFORM = '.servelab-platform.d.ts';
/** Hides the user's own, whose options are for building: Node, which runs the cells, reads none of them. */
const CONFIGURATION = 'tsconfig.json';

/** Imports are found from the directory as Node finds them; `servelab` is this toolkit, wherever the directory is. */
export function projectOf(directory: string): Project {
  const nodeTypes = findNodeTypes(directory);
  const configuration = {
    compilerOptions: {
      ...OPTIONS,
      lib: nodeTypes ? ['esnext'] : ['esnext', 'dom', 'dom.iterable', 'dom.asynciterable'],
      types: nodeTypes ? [nodeTypes] : [],
      paths: {
        servelab: [join(DISTRIBUTION, 'lib', 'index.d.ts')],
        'servelab/notebook': [join(DISTRIBUTION, 'repl', 'notebook-module.d.ts')],
      },
    },
    // With itself among its files the server makes no second project for it.
    files: [DOCUMENT, GLOBALS, CONFIGURATION, ...(nodeTypes ? [] : [PLATFORM])].map((name) => `./${name}`),
  };
  const files: VirtualFile[] = [
    { uri: uriIn(directory, CONFIGURATION), languageId: 'json', text: JSON.stringify(configuration) },
  ];
  if (!nodeTypes) files.push({ uri: uriIn(directory, PLATFORM), languageId: 'typescript', text: UNTYPED_NODE });
  return { documentUri: uriIn(directory, DOCUMENT), globalsUri: uriIn(directory, GLOBALS), configuration: files };
}

/** Strict, so that types are inferred well; what would only be in the way at a prompt is off, or left out of checks. */
const OPTIONS = {
  target: 'esnext',
  module: 'nodenext',
  moduleDetection: 'force',
  noEmit: true,
  allowImportingTsExtensions: true,
  allowJs: true,
  resolveJsonModule: true,
  erasableSyntaxOnly: true,
  skipLibCheck: true,
  strict: true,
  strictPropertyInitialization: false,
  useUnknownInCatchVariables: false,
  noImplicitThis: false,
  noUncheckedSideEffectImports: false,
  allowUnreachableCode: true,
  allowUnusedLabels: true,
} as const;

/** Of the directory, else of the toolkit; null where neither has them. */
function findNodeTypes(directory: string): string | null {
  for (const from of [join(directory, DOCUMENT), import.meta.filename]) {
    const manifest = resolveFrom(from, '@types/node/package.json');
    if (manifest) return dirname(manifest);
  }
  return null;
}

/** Node without its types: nothing of it is an error, and the browser's types have most of what both have. */
const UNTYPED_NODE = [
  'declare var process: any, Buffer: any, global: any, setImmediate: any, clearImmediate: any;',
  "declare module 'node:*';",
  ...builtinModules.map((name) => `declare module '${name}';`),
].join('\n');

function uriIn(directory: string, name: string): string {
  return pathToFileURL(join(directory, name)).href;
}
