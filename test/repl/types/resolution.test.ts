import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addFiles, directoryOf, textsAt, typeServerIn } from './fixture.ts';

const PACKAGE = {
  'node_modules/typed/package.json':
    '{ "name": "typed", "version": "1.0.0", "exports": { "import": "./m.mjs", "require": "./c.cjs" } }',
  'node_modules/typed/m.mjs': '',
  'node_modules/typed/m.d.mts': 'export declare function asModule(): number;',
  'node_modules/typed/c.cjs': '',
  'node_modules/typed/c.d.cts': 'export declare function asCommonJs(): number;',
  'node_modules/untyped/package.json': '{ "name": "untyped", "version": "1.0.0", "main": "index.js" }',
  'node_modules/untyped/index.js': 'module.exports = { a: 1 };',
  'node_modules/untyped/data.bin': '',
};
const MODEL = { 'lib/model.ts': 'export class Model { predict(text: string) { return text.length } }' };

/** What a directory has, and what must not matter. */
const directories: readonly (readonly [title: string, files: Readonly<Record<string, string>>])[] = [
  ['nothing but packages', {}],
  ['a package.json of CommonJS', { 'package.json': '{ "type": "commonjs" }' }],
  [
    'a tsconfig.json for building something else',
    {
      'package.json': '{ "type": "module" }',
      'tsconfig.json': `{ "compilerOptions": { "target": "es5", "module": "commonjs", "moduleResolution": "node", "lib": ["dom"],
        "types": [], "noUnusedLocals": true, "noImplicitAny": true, "paths": { "typed": ["./nowhere.ts"] } }, "include": ["src"] }`,
    },
  ],
  ['a tsconfig.json that is broken', { 'tsconfig.json': '{ "extends": "./missing.json", ' }],
];

const test = suite('imports of a session');

for (const [title, files] of directories) {
  test(`are found as Node finds them in a directory with ${title}`, async () => {
    const directory = directoryOf({ ...PACKAGE, ...MODEL, ...files });
    const types = typeServerIn(directory.path);
    try {
      assert.equal(await textsAt(types, "import { as¦ } from 'typed'"), ['asModule']);
      types.add("import { Model } from './lib/model.ts'");
      assert.equal(await textsAt(types, 'new Model().'), ['predict']);
      assert.equal(await types.check("import whole, { a } from 'untyped'; whole.b; await a"), []);
      assert.equal(await types.check("import { readFile } from 'node:fs/promises'; await readFile('a', 'utf8')"), []);
      assert.equal(await types.check("import { createServer } from 'http'; createServer()"), []);
      assert.is((await types.check("import { Model } from './lib/model'")).length, 1, 'Node wants the extension');
      assert.equal(await types.check("import * as serve from 'servelab'; await serve.start({ http: null })"), []);
      assert.is((await types.check("import * as serve from 'servelab'; await serve.start({ htp: null })")).length, 1);
    } finally {
      await types.close();
      directory.remove();
    }
  });
}

test('a package that is installed meanwhile is found, and a file that was made', async () => {
  const directory = directoryOf({});
  const types = typeServerIn(directory.path);
  const cell = "import { late } from 'late'\nimport { Model } from './lib/model.ts'\nnew Model().predict(late)";
  assert.is((await types.check(cell)).length, 2);
  addFiles(directory.path, {
    ...MODEL,
    'node_modules/late/package.json': '{ "name": "late", "types": "late.d.ts" }',
    'node_modules/late/late.d.ts': 'export declare const late: string;',
  });
  assert.equal(await types.check(cell), []);
  await types.close();
  directory.remove();
});

test('a file that has changed is read again when that is said', async () => {
  const directory = directoryOf(MODEL);
  const types = typeServerIn(directory.path);
  types.add("import { Model } from './lib/model.ts'");
  assert.equal(await textsAt(types, 'new Model().'), ['predict']);
  addFiles(directory.path, { 'lib/model.ts': 'export class Model { other() {} }' });
  types.filesChanged([pathToFileURL(`${directory.path}/lib/model.ts`).href]);
  assert.equal(await textsAt(types, 'new Model().'), ['other']);
  await types.close();
  directory.remove();
});

test.run();
