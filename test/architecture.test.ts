import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findViolations, maxLines, readImports, type Source } from './support/architecture.ts';

const root = dirname(dirname(import.meta.dirname));

interface Planted {
  readonly title: string;
  readonly files: Readonly<Record<string, string>>;
  readonly found?: RegExp;
}

const refused: readonly Required<Planted>[] = [
  {
    title: 'a door that reaches past lib/index.ts',
    files: { 'repl/main.ts': `import { x } from '../lib/client.ts';` },
    found: /^repl\/main\.ts imports lib\/client\.ts: a door/,
  },
  {
    title: 'a door that takes a type past lib/index.ts',
    files: { 'tui/app.ts': `import type { X } from '../lib/router/router.ts';` },
    found: /^tui\/app\.ts imports lib\/router\/router\.ts: a door/,
  },
  {
    title: 'the screen on the prompt',
    files: { 'tui/app.ts': `import { x } from '../repl/display/paint.ts';` },
    found: /^tui\/app\.ts imports repl\/display\/paint\.ts: tui\/ knows nothing of repl\//,
  },
  {
    title: 'a part that imports another',
    files: { 'lib/router/router.ts': `import { x } from '../controller/controller.ts';` },
    found: /router\/ imports only itself/,
  },
  {
    title: 'a part that takes a type from another',
    files: { 'lib/proxy/a.ts': `export type { X } from '../router/router.ts';` },
    found: /proxy\/ imports only itself/,
  },
  {
    title: 'a part that names a type of another in place',
    files: { 'lib/proxy/a.ts': `export let x: import('../router/router.ts').X | undefined;` },
    found: /proxy\/ imports only itself/,
  },
  {
    title: 'a part that re-exports another',
    files: { 'lib/store/a.ts': `export * from '../control/server.ts';` },
    found: /store\/ imports only itself/,
  },
  {
    title: 'a part that loads another later',
    files: { 'lib/node/a.ts': `export const later = async () => await import(\`../replica/a.ts\`);` },
    found: /node\/ imports only itself/,
  },
  {
    title: 'a part that imports another for its effect',
    files: { 'lib/telemetry/a.ts': `import '../shipping/a.ts';` },
    found: /telemetry\/ imports only itself/,
  },
  {
    title: 'a part that imports a root file',
    files: { 'lib/router/a.ts': `import { x } from '../handle.ts';` },
    found: /router\/ imports only itself/,
  },
  {
    title: 'a part that imports a root file',
    files: { 'lib/replica/a.ts': `import { x } from '../serve.ts';` },
    found: /replica\/ imports only itself/,
  },
  {
    title: 'a part that imports a composition',
    files: { 'lib/proxy/a.ts': `import type { X } from '../instance/a.ts';` },
    found: /proxy\/ imports only itself/,
  },
  {
    title: 'the instance on the inside of a replica',
    files: { 'lib/instance/a.ts': `import { x } from '../inside/thread.ts';` },
    found: /instance\/, inside\/ and remote\/ meet by messages only/,
  },
  {
    title: 'a root file that takes a value from a composition',
    files: { 'lib/client.ts': `import { x } from './instance/instance.ts';` },
    found: /types only from a part or a composition/,
  },
  {
    title: 'a domain that imports the wire',
    files: { 'lib/domain/a.ts': `import type { X } from '../wire/channel.ts';` },
    found: /domain\/ imports only itself, errors\.ts$/,
  },
  {
    title: 'a wire that imports a part',
    files: { 'lib/wire/a.ts': `import { x } from '../router/a.ts';` },
    found: /wire\/ imports only itself, errors\.ts, domain$/,
  },
  {
    title: 'a root file that takes a value from a part',
    files: { 'lib/client.ts': `import { type X, y } from './controller/controller.ts';` },
    found: /types only from a part/,
  },
  {
    title: 'errors.ts on something else',
    files: { 'lib/errors.ts': `import { x } from './domain/a.ts';` },
    found: /errors\.ts stands on nothing/,
  },
  {
    title: 'lib on a door',
    files: { 'lib/serve.ts': `import { x } from '../repl/main.ts';` },
    found: /lib knows nothing outside lib/,
  },
  {
    title: 'a folder of lib that is no part',
    files: { 'lib/util/a.ts': 'export const x = 1;' },
    found: /lib has no part named util/,
  },
  {
    title: 'two files that import each other',
    files: {
      'lib/domain/a.ts': `import { b } from './b.ts'; export const a = b;`,
      'lib/domain/b.ts': `import { a } from './a.ts'; export const b = a;`,
    },
    found: /^import cycle: lib\/domain\/a\.ts → lib\/domain\/b\.ts → lib\/domain\/a\.ts$/,
  },
  {
    title: 'a cycle over three files, found once, beside a way in',
    files: {
      'lib/client.ts': `import './handle.ts';`,
      'lib/handle.ts': `import './object-ref.ts';`,
      'lib/object-ref.ts': `import './options.ts';`,
      'lib/options.ts': `import './handle.ts';`,
    },
    found: /^import cycle: lib\/handle\.ts → lib\/object-ref\.ts → lib\/options\.ts → lib\/handle\.ts$/,
  },
  {
    title: 'a file that is too long',
    files: { 'repl/long.ts': '//\n'.repeat(maxLines + 1) },
    found: /^repl\/long\.ts has 301 lines, and 300 are the limit$/,
  },
];

const allowed: readonly Planted[] = [
  { title: 'a door on lib/index.ts', files: { 'repl/main.ts': `import { serve } from '../lib/index.ts';` } },
  { title: 'the command line on the screen', files: { 'repl/cli/top.ts': `import { x } from '../../tui/index.ts';` } },
  { title: 'the instance on parts', files: { 'lib/instance/a.ts': `import '../router/a.ts'; import '../client.ts';` } },
  { title: 'the inside of a replica on parts', files: { 'lib/inside/a.ts': `import '../replica/a.ts';` } },
  { title: 'start on the instance', files: { 'lib/serve.ts': `const x = await import('./instance/instance.ts');` } },
  { title: 'the client on shipping', files: { 'lib/client.ts': `import { ship } from './shipping/ship.ts';` } },
  { title: 'index.ts with a value of a part', files: { 'lib/index.ts': `export { x } from './store/memory.ts';` } },
  { title: 'a root file with a type of a part', files: { 'lib/client.ts': `import type { X } from './router/a.ts';` } },
  {
    title: 'a part on domain, wire, errors, itself and packages',
    files: {
      'lib/proxy/a.ts': `import Koa from 'koa'; import '../domain/a.ts'; import '../wire/a.ts';
        import '../errors.ts'; import type { X } from './b.ts';`,
    },
  },
  {
    title: 'a cycle of types',
    files: {
      'lib/domain/a.ts': `import type { B } from './b.ts'; export type A = B[];`,
      'lib/domain/b.ts': `import { type A, a } from './a.ts'; export type B = A | typeof a;`,
    },
  },
  {
    title: 'an import that is only text',
    files: {
      'lib/shipping/a.ts': `// import type { X } from '../router/a.ts';
        export const code = "import x from '../router/a.ts'; import type { X } from '../router/a.ts'";`,
    },
  },
  { title: 'a file as long as may be', files: { 'lib/router/a.ts': '//\n'.repeat(maxLines) } },
];

const test = suite('architecture');

test('the sources keep the import rule', () => {
  const sources = ['lib', 'repl', 'tui'].flatMap(readSources);
  assert.ok(sources.length > 20, `only ${sources.length} sources found under ${root}`);
  assert.ok(sources.flatMap(readImports).length > sources.length, 'too few imports were read to be true');
  assert.equal(findViolations(sources), []);
});

for (const { title, files, found } of refused) {
  test(`finds ${title}`, () => {
    const violations = findViolations(toSources(files));
    assert.is(violations.length, 1, violations.join('\n'));
    assert.match(violations[0] ?? '', found);
  });
}

for (const { title, files } of allowed) {
  test(`allows ${title}`, () => {
    assert.equal(findViolations(toSources(files)), []);
  });
}

test.run();

function toSources(files: Readonly<Record<string, string>>): Source[] {
  return Object.entries(files).map(([path, text]) => ({ path, text }));
}

function readSources(folder: string): Source[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => [folder, ...name.split(sep)].join('/'))
    .filter((path) => /\.tsx?$/.test(path))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}
