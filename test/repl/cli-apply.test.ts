import { join } from 'node:path';
import type * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withInstance } from '../support/instance.ts';
import { cli, type Ended, inFolder, shown, writeFiles } from './command-fixture.ts';

const test = suite('applying a file');

const MODEL = `import { word } from './word.ts';
export class Model {
  readonly #mark: string;
  constructor(mark = '!') {
    this.#mark = mark;
  }
  call(): string {
    return word + this.#mark;
  }
}
export default () => word;
`;
const CONFIG = `import * as serve from 'servelab';
import { Model } from './model.ts';

const twice = (request: serve.ServeRequest): number => Number(request.data) * 2;

export default serve.defineConfig({
  backends: {
    v1: { target: Model, initArgs: ['?'], config: { numReplicas: 2 } },
    v2: { target: { import: './model.ts' }, actorOptions: { isolation: 'thread' } },
    twice: { target: (request: serve.ServeRequest) => twice(request) },
  },
  endpoints: {
    words: { route: '/words', traffic: { v1: 0.9, v2: 0.1 }, shadows: { twice: 0.5 } },
    twice: { traffic: { twice: 1 } },
  },
});
`;
const FILES = { 'model.ts': MODEL, 'word.ts': "export const word = 'hello';\n", 'serve.config.ts': CONFIG };

interface Given {
  readonly client: serve.Client;
  readonly url: string;
  readonly folder: string;
  apply(file: string, ...args: readonly string[]): Promise<string>;
  fails(file: string, ...args: readonly string[]): Promise<Ended>;
}

/** A test with an empty instance and a folder of these files. */
const withFiles = (files: Readonly<Record<string, string>>, run: (given: Given) => Promise<void>) =>
  withInstance(async (client, url) => {
    const { name } = (await client.status()).instance;
    await inFolder(files, async (folder) => {
      const args = (file: string): string[] => ['apply', join(folder, file), '--name', name];
      await run({
        client,
        url,
        folder,
        apply: (file, ...more) => shown(...args(file), ...more),
        async fails(file, ...more) {
          const ended = await cli(...args(file), ...more);
          assert.is(ended.code, 1, ended.stdout);
          return ended;
        },
      });
    })();
  });

const CREATED = `+ backend v1
+ backend v2
+ backend twice
+ endpoint words: GET /words, traffic v1 0.9, v2 0.1, shadows twice 0.5
+ endpoint twice: by handle only, traffic twice 1
`;

test(
  'a plan shows what would be done and does nothing; applied it is done, and then there is nothing to do',
  withFiles(FILES, async ({ client, url, apply }) => {
    const planned = await apply('serve.config.ts', '--plan');
    assert.is(planned, `${CREATED}5 to create, 0 to change, 0 to delete; nothing has been changed\n`);
    assert.equal(await client.listBackends(), {});
    assert.is(await apply('serve.config.ts'), CREATED);
    assert.is(await (await client.getHandle('twice')).remote(21), 42);
    assert.ok(['hello?', 'hello'].includes(await (await fetch(`${url}/words`)).text()));
    const { revision } = (await client.status()).instance;
    const nothing = 'nothing to do: the instance is as the file says\n';
    assert.is(await apply('serve.config.ts'), nothing);
    assert.is(await apply('serve.config.ts', '--plan'), nothing);
    assert.is((await client.status()).instance.revision, revision);
  }),
);

test(
  'code that was edited is replaced, also in a file that it imports; what only moved is not',
  withFiles(FILES, async ({ client, folder, apply }) => {
    await apply('serve.config.ts');
    writeFiles(folder, { 'word.ts': "export const word = 'goodbye';\n", 'serve.config.ts': `// Moved.\n${CONFIG}` });
    const changes = '~ backend v1: code\n~ backend v2: code\n';
    assert.is(
      await apply('serve.config.ts', '--plan'),
      `${changes}0 to create, 2 to change, 0 to delete; nothing has been changed\n`,
    );
    assert.is(await apply('serve.config.ts'), changes);
    await client.setTraffic('words', { v1: 1 });
    assert.is(await (await client.getHandle('words')).remote(), 'goodbye?');
    writeFiles(folder, { 'serve.config.ts': CONFIG.replace("['?']", "['.']").replace('* 2', '* 3') });
    assert.is(
      await apply('serve.config.ts'),
      '~ backend v1: initArgs\n~ backend twice: code\n~ endpoint words: traffic v1 1 → v1 0.9, v2 0.1\n',
    );
    assert.is(await (await client.getHandle('twice')).remote(2), 6);
  }),
);

test(
  'every kind of change is shown by what was and what will be',
  withFiles(FILES, async ({ folder, apply, client }) => {
    await apply('serve.config.ts');
    const changed = CONFIG.replace('numReplicas: 2', 'numReplicas: 1, userConfig: undefined, requestTimeoutMs: 5000')
      .replace("isolation: 'thread'", "envVars: { TOKEN: 'secret', A: 'b' }, numCpus: 0.5")
      .replace('v1: 0.9, v2: 0.1', 'v1: 0.5, v2: 0.5')
      .replace(', shadows: { twice: 0.5 }', ", shadows: {}, methods: ['post']")
      .replace("route: '/words'", "route: '/said/{x}'");
    writeFiles(folder, { 'serve.config.ts': changed });
    const plan = await apply('serve.config.ts', '--plan');
    assert.is(
      plan,
      `~ backend v1: numReplicas 2 → 1, requestTimeoutMs null → 5000
~ backend v2: actorOptions.numCpus 1 → 0.5, actorOptions.isolation thread → process, actorOptions.envVars [] → ["A","TOKEN"]
~ endpoint words: route /words → /said/{x}, methods ["GET"] → ["POST"]
~ endpoint words: traffic v1 0.9, v2 0.1 → v1 0.5, v2 0.5
~ endpoint words: shadows twice 0.5 → -
0 to create, 5 to change, 0 to delete; nothing has been changed
`,
    );
    const { steps, applied } = JSON.parse(await apply('serve.config.ts', '--plan', '--json'));
    assert.is(applied, false);
    assert.equal(steps[0], {
      type: 'update-backend-config',
      backend: 'v1',
      changes: [
        { key: 'numReplicas', from: 2, to: 1 },
        { key: 'requestTimeoutMs', from: null, to: 5000 },
      ],
    });
    assert.not(JSON.stringify(steps).includes('secret'));
    assert.is(JSON.parse(await apply('serve.config.ts', '--json')).applied, true);
    assert.is((await client.status()).replicas.find(({ backend }) => backend === 'v2')?.isolation, 'process');
  }),
);

test(
  'what the file does not have stays, unless it is pruned',
  withFiles(FILES, async ({ client, apply, folder }) => {
    await apply('serve.config.ts');
    const small = { backends: { only: { target: { import: './model.ts', export: 'Model' } } }, endpoints: {} };
    writeFiles(folder, { 'small.json': JSON.stringify(small) });
    assert.is(await apply('small.json'), '+ backend only\n');
    const gone = '- endpoint words\n- endpoint twice\n- backend v1\n- backend v2\n- backend twice\n';
    assert.is(
      await apply('small.json', '--plan', '--prune'),
      `${gone}0 to create, 0 to change, 5 to delete; nothing has been changed\n`,
    );
    assert.is(await apply('small.json', '--prune'), gone);
    assert.equal(Object.keys(await client.listBackends()), ['only']);
  }),
);

test(
  'JSON does as well, with modules and directories as seen from the file',
  withFiles(
    {
      ...FILES,
      'env/package.json': '{}',
      'env/node_modules/greeting/index.js': "exports.hello = 'from the directory';",
      'deep/uses.ts': "import { hello } from 'greeting';\nexport default () => hello;\n",
      'deep/serve.json': JSON.stringify({
        backends: {
          model: { target: { import: '../model.ts', export: 'Model' }, initArgs: ['…'] },
          uses: { target: { import: './uses.ts' }, env: { directory: '../env' } },
        },
        endpoints: { model: { traffic: { model: 1 } }, uses: { traffic: { uses: 1 } } },
      }),
    },
    async ({ client, apply }) => {
      await apply('deep/serve.json');
      assert.is(await (await client.getHandle('model')).remote(), 'hello…');
      assert.is(await (await client.getHandle('uses')).remote(), 'from the directory');
      assert.match(await apply('deep/serve.json'), /^nothing to do/);
    },
  ),
);

test(
  'a step that fails ends it with what was done and what was not; put right, the rest is done',
  withFiles(
    {
      ...FILES,
      'broken.ts': "export default class { constructor() { throw new TypeError('no weights'); } call() {} }\n",
      'broken.json': JSON.stringify({
        backends: { good: { target: { import: './model.ts' } }, bad: { target: { import: './broken.ts' } } },
        endpoints: { e: { traffic: { good: 1 } } },
      }),
    },
    async ({ client, folder, apply, fails }) => {
      const { stdout, stderr } = await fails('broken.json');
      assert.is(stdout, '+ backend good\n');
      assert.match(
        stderr,
        /^servelab: 1 of 3 steps are done; not done:\n {2}\+ backend bad\n {2}\+ endpoint e: by handle only, traffic good 1\nservelab: BACKEND_START_FAILED: .*no weights.*\n/,
      );
      assert.match(stderr, /\n +TypeError: no weights\n +at new \S+ \(file:\S+broken\.ts:1:\d+\)\n/);
      assert.equal(Object.keys(await client.listBackends()), ['good']);
      writeFiles(folder, { 'broken.ts': 'export default class { call() {} }\n' });
      assert.is(await apply('broken.json'), '+ backend bad\n+ endpoint e: by handle only, traffic good 1\n');
    },
  ),
);

const mistakes: Readonly<Record<string, readonly [text: string, said: RegExp]>> = {
  'none.ts': [
    'export const config = {};',
    /^servelab: INVALID_ARGUMENT: \S+none\.ts must export by default .*defineConfig/,
  ],
  'syntax.ts': ['export default {;', /^servelab: (?:file:)?\S+syntax\.ts:1\n(?:.*\n)+ *SyntaxError/],
  'throws.ts': ["throw new RangeError('not now');", /^servelab: RangeError: not now\n +at .*throws\.ts:1:7\)?\n/],
  'imports.ts': ["import './nowhere.ts';", /^servelab: Error \[ERR_MODULE_NOT_FOUND\]: .*nowhere\.ts/],
  'syntax.json': ['{ "backends": ', /^servelab: INVALID_ARGUMENT: \S+syntax\.json is not JSON/],
  'key.json': [
    '{ "backend": {} }',
    /^servelab: INVALID_ARGUMENT: \S+key\.json: unknown config option 'backend'; did you mean 'backends'\?\n$/,
  ],
  'target.json': [
    '{ "backends": { "v": {} } }',
    /^servelab: INVALID_ARGUMENT: \S+: backends\.v: target must be .*\.\/model\.ts/,
  ],
  'weights.json': [
    '{ "endpoints": { "e": { "traffic": { "v": 2 } } } }',
    /^servelab: INVALID_TRAFFIC: \S+: endpoints\.e: weights must sum to 1/,
  ],
  'unknown.json': [
    '{ "endpoints": { "e": { "traffic": { "v": 1 } } } }',
    /^servelab: BACKEND_NOT_FOUND: endpoints\.e: there is no backend 'v'/,
  ],
  'replicas.ts': [
    'export default { backends: { v: { target: () => 1, config: { numReplicas: -1 } } } };',
    /^servelab: INVALID_ARGUMENT: backends\.v: numReplicas must be an integer >= 0/,
  ],
};

test(
  'a mistake in the file is said before anything is done',
  withFiles(Object.fromEntries(Object.entries(mistakes).map(([file, [text]]) => [file, text])), async (given) => {
    for (const [file, [, said]] of Object.entries(mistakes)) {
      const { stdout, stderr } = await given.fails(file);
      assert.match(stderr, said);
      assert.is(stdout, '');
    }
    assert.match(
      (await given.fails('nowhere.ts')).stderr,
      /^servelab: ENOENT: no such file or directory, .*nowhere\.ts/,
    );
    assert.equal(await given.client.listBackends(), {});
  }),
);

test.run();
