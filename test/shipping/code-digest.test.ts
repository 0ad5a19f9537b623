import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf } from '../../lib/shipping/digest.ts';
import { specifiersOf } from '../../lib/shipping/module-specifiers.ts';

const child = fileURLToPath(new URL('digest-child.js', import.meta.url));
const test = suite('digests of code');

test('equal values have equal digests, however they came to be', () => {
  const wide = 'dog…'.slice(0, 3); // cut from a string of two bytes a letter
  const one = new Float64Array([1])[0]; // not stored as a small integer
  assert.is(digestOf({ a: [wide, one, new Date(5)] }), digestOf({ a: ['dog', 1, new Date(5)] }));
  assert.is(digestOf(new Uint8Array(new SharedArrayBuffer(2))), digestOf(new Uint8Array(2)));
  const long = Array.from({ length: 100_000 }, (_, i) => i);
  assert.is(digestOf(long), digestOf([...long]));
});

test('values that differ have digests that differ', () => {
  const shared = { a: 1 };
  const cyclic: unknown[] = [];
  cyclic.push(cyclic);
  const values: unknown[] = [
    ...[undefined, null, true, false, 0, -0, 1, 1n, Number.NaN, '', '1', 'null'],
    ...[[], [[]], {}, { a: 1 }, { a: '1' }, { b: 1 }, { a: 1, b: 1 }, { b: 1, a: 1 }, cyclic],
    ...[[1, 2], [12], ['1', '2'], ['12'], ['1s1:2'], [undefined], [null]],
    ...[new Map([[1, 2]]), new Set([1, 2]), new Date(5), new Date(6), /a/, /a/i, /b/],
    ...[new Error('a'), new RangeError('a'), new Error('b'), Object('a'), new String('b')],
    ...[new Uint8Array(2), new Uint8Array([0, 1]), new Int8Array(2), new Uint16Array(1), new ArrayBuffer(2)],
    ...[
      [shared, shared],
      [{ ...shared }, { ...shared }],
    ],
  ];
  const digests = values.map((value) => digestOf(value));
  for (const [i, digest] of digests.entries()) {
    assert.match(digest, /^[0-9a-f]{64}$/);
    assert.is(digests.indexOf(digest), i, `${String(values[i])} is like ${String(values[digests.indexOf(digest)])}`);
  }
});

test('what a module imports is read from its text, types left out', () => {
  const text = `
    import a from './a.ts'; import './b.ts'; import { c, type C } from "c";
    import type { D } from './types.ts';
    export * from './e.ts'; export { f } from './f.ts'; export type { G } from './g.ts';
    /* import gone from './gone.ts'; */
    const h = await import('./h.ts'), i = require('./i.cjs'), a2 = import('./a.ts'), j = import(name);`;
  assert.equal(specifiersOf(text), ['./a.ts', './b.ts', 'c', './e.ts', './f.ts', './h.ts', './i.cjs']);
});

/** Files, and the digests of these targets, before and after each change. */
const MODEL = `import { helper } from './lib/helper.ts';
import { pick } from 'picker';
const limit = 3;
export default class { call() { return [helper(), pick(), limit]; } }
export const make = () => { const here = limit; return () => [here, helper(), 'ü'.length]; };
`;
const FILES = {
  'model.ts': MODEL,
  'lib/helper.ts': `import { deep } from './deep.ts';\nexport const helper = (): number => deep;\n`,
  'lib/deep.ts': 'export const deep = 1;\n',
  'other.ts': 'export default () => 1;\n',
  'node_modules/picker/package.json': '{ "version": "1.0.0", "exports": { "import": "./index.js" } }',
  'node_modules/picker/index.js': 'export const pick = () => 1;',
};
const TARGETS = ['./model.ts', './model.ts!make', './other.ts', './own.ts'];

const changes: readonly { title: string; files: Record<string, string>; changed: readonly string[] }[] = [
  { title: 'nothing', files: {}, changed: [] },
  {
    title: 'the module',
    files: { 'model.ts': MODEL.replace('= 3', '= 4') },
    changed: ['./model.ts', './model.ts!make'],
  },
  {
    // The imported class is in the text of a file, the function is not.
    title: 'a line above, and letters of two bytes below',
    files: { 'model.ts': `// first\n${MODEL}// …\n` },
    changed: ['./model.ts'],
  },
  {
    title: 'a module that its module imports',
    files: { 'lib/deep.ts': 'export const deep = 2;\n' },
    changed: ['./model.ts', './model.ts!make'],
  },
  {
    title: "a package's version",
    files: { 'node_modules/picker/package.json': '{ "version": "1.0.1", "exports": { "import": "./index.js" } }' },
    changed: ['./model.ts'],
  },
  { title: 'a module that is missing', files: { 'own.ts': 'export default () => 1;' }, changed: ['./own.ts'] },
  { title: 'a file that nobody imports', files: { 'lib/unused.ts': 'export const x = 1;' }, changed: [] },
];

for (const { title, files, changed } of changes) {
  test(`${title} changed: ${changed.join(', ') || 'no digest'}`, async () => {
    await inFolder(async (folder) => {
      const before = await digests(folder, TARGETS);
      assert.is(new Set(before).size, TARGETS.length);
      write(folder, files);
      const after = await digests(folder, TARGETS);
      const different = TARGETS.filter((_, i) => before[i] !== after[i]);
      assert.equal(different, changed);
    });
  });
}

test('it is the same by whatever name a module is imported, and another for another export', async () => {
  await inFolder(async (folder) => {
    const [dotted, absolute, url, named] = await digests(folder, [
      './model.ts',
      join(folder, 'model.ts'),
      new URL(`file://${folder}/model.ts`).href,
      './model.ts#make',
    ]);
    assert.equal([absolute, url], [dotted, dotted]);
    assert.is.not(named, dotted);
  });
});

test('packages are those of the environment, and a package that is worked on counts by its files', async () => {
  await inFolder(async (folder) => {
    write(folder, { 'env/node_modules/picker/package.json': '{ "version": "2.0.0" }', 'uses.ts': "import 'linked';" });
    write(folder, { 'packages/linked/index.js': '1', 'packages/linked/package.json': '{ "main": "index.js" }' });
    symlinkSync(join(folder, 'packages/linked'), join(folder, 'node_modules/linked'));
    const env = join(folder, 'env');
    assert.is.not((await digests(folder, ['./model.ts'], env))[0], (await digests(folder, ['./model.ts']))[0]);
    const [before] = await digests(folder, ['./uses.ts']);
    write(folder, { 'packages/linked/index.js': '2' });
    assert.is.not((await digests(folder, ['./uses.ts']))[0], before);
  });
});

test.run();

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'servelab-digest-'));
  try {
    write(folder, FILES);
    await run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** In a process of its own each time, as nothing may hang on what one has loaded. */
async function digests(folder: string, targets: readonly string[], env = ''): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [child, env, ...targets], { cwd: folder });
  return stdout.trim().split('\n');
}
