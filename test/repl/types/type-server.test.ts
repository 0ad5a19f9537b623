import { readdirSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sessionGlobals } from '../../../repl/types/session-globals.ts';
import { atCursor, directoryOf, statusOf, textsAt, typeServerIn } from './fixture.ts';

const MODEL = `export class Scorer { score(data: { text: string }) { return data.text.length } }
export interface Options { depth: number }`;
const FILES = { 'scorer.ts': MODEL, 'plain.js': 'export const twice = (n) => n * 2;' };
const CELLS = [
  "import { Scorer } from './scorer.ts'",
  `/** Says whether a text is kind. */
class Model {
  async predict(data: { text: string; lang?: 'en' | 'de' }) { return { label: 'neg' as 'neg' | 'pos' } }
  call() { return 5 }
}`,
  "const handle = await client.getHandle<typeof Model>('sentiment')",
  'let count = 1\nconst scorer = new Scorer()',
];

const directory = directoryOf(FILES);
const types = typeServerIn(directory.path, sessionGlobals(statusOf(['v1', 'v2', 'v-3'], ['sentiment', 'echo.it'])));
for (const cell of CELLS) types.add(cell);

const completions: readonly (readonly [cell: string, ...texts: string[]])[] = [
  ['cli', 'client'],
  ['count.toF', 'toFixed'],
  ['COUNT.toF'],
  ['scorer.', 'score'],
  ['scorer.score({ ', 'text'],
  ['handle.', 'endpoint', 'options', 'remote'],
  ["handle.options({ methodName: '", 'call', 'predict'],
  ["handle.options({ methodName: 'predict' }).remote({ te", 'text'],
  ["handle.options({ methodName: 'predict' }).remote({ text: '', lang: '", 'de', 'en'],
  ["(await handle.options({ methodName: 'predict' }).remote({ text: 'a' })).label === '", 'neg', 'pos'],
  ['client.updateBackendConfig("v1", { numRepl', 'numReplicas'],
  ['client.createBackend("v4", Model, { config: { numRepl', 'numReplicas'],
  ['serve.start({ http: { po', 'port'],
  ['let status: serve.ServeSta', 'ServeStatus'],
  ['(await client.status()).endp', 'endpoints'],
  ["import { readFileS¦ } from 'node:fs'", 'readFileSync'],
  ["import { Op¦ } from './scorer.ts'", 'Options'],
  ["import x from './sc", 'scorer.ts'],
  ["import x from 'servel", 'servelab'],
  ["import { find¦ } from 'servelab'", 'findInstance'],
  ["client.setTraffic('", 'echo.it', 'sentiment'],
  ["client.setTraffic('sentiment', { v1: 0.5, v", 'v2'],
  ["client.setTraffic('sentiment', { '", 'v-3', 'v1', 'v2'],
  ["client.updateBackend('v-", 'v-3'],
  ["client.createEndpoint('e', { backend: '", 'v-3', 'v1', 'v2'],
  ['endpoints.senti', 'sentiment'],
  ['endpoints.echo', "['echo.it']"],
  ['http.', 'get', 'post', 'request'],
  ['chart.', 'bars', 'histogram', 'lines', 'live', 'split'],
  ["chart.lines([{ batch: 1, rps: 2 }], { x: '", 'batch', 'rps'],
  ['http.po', 'post'],
  ['const count = 5; count.toF', 'toFixed'],
  ['for (const each of [scorer]) {\n  each.', 'score'],
  ["const { label¦ } = await handle.options({ methodName: 'predict' }).remote({ text: '' })", 'label'],
];

const hovers: readonly (readonly [cell: string, signature: RegExp, documentation?: RegExp])[] = [
  ['cou¦nt', /^let count: number$/],
  ['count¦', /^let count: number$/],
  ['Model¦', /^class Model$/, /^Says whether a text is kind\.$/],
  [
    'client.setTraf¦fic',
    /setTraffic\(endpoint: .*\): Promise<void>$/,
    /Splits an endpoint's queries.*\n\nRejects with/s,
  ],
  ['endpoints.sentiment¦', /session\.Endpoint$/],
  ['const made = new Mo¦del()', /Model\(\): Model$/, /^Says whether a text is kind\.$/],
];

/** What is said, at which line and column, and how long it is. */
const complaints: readonly (readonly [cell: string, message: RegExp, line: number, column: number, length: number])[] =
  [
    ['count.foo', /'foo' does not exist on type 'number'/, 1, 7, 3],
    ['const a = 1\n  scorer.score({ txt: 1 })', /Did you mean to write 'text'/, 2, 18, 3],
    ['client.setTrafic("sentiment", {})', /Did you mean 'setTraffic'/, 1, 8, 9],
    ['client.updateBackendConfig("v1", { numReplica: 2 })', /Did you mean to write 'numReplicas'/, 1, 36, 10],
    ['client.setTraffic("sentiment", { v1: "a" })', /'string' is not assignable to type 'number'/, 1, 34, 2],
    ['enum X { A }', /erasableSyntaxOnly/, 1, 6, 1],
    ["import { nothing } from './scorer.ts'", /no exported member 'nothing'/, 1, 10, 7],
    ["import y from 'no-such-package'", /Cannot find module 'no-such-package'/, 1, 15, 17],
    ['undeclared + 1', /Cannot find name 'undeclared'/, 1, 1, 10],
    ['{', /'}' expected/, 1, 2, 1],
  ];

const right: readonly string[] = [
  'await client.status()',
  'for await (const status of client.watch()) break',
  'const count = "now a text"; count.toUpperCase()',
  'const count = count + 1',
  'var count = 3; function scorer() {} class Model {}',
  'const f = (a, b) => a + b; function g(x, ...rest) { return [x, rest] }',
  'let later; later = 5; later.toFixed()',
  "import * as serve from 'servelab'; import { twice } from './plain.js'; twice(2)",
  "import { Scorer, type Options } from './scorer.ts'; const o: Options = { depth: 1 }; new Scorer()",
  'const unused = 1',
  "client.setTraffic('made.meanwhile', { other: 1 })",
  "const known: serve.Client = client; (await endpoints.other('hi', { a: 1 })).anything; (await http.get('/')).json.x",
  'client.http.url; [1].find((n) => n > 1).toFixed()',
  'try { null } catch (error) { error.message }',
  '_.anything; _e.message; $signal.aborted; show; console.log(process.pid, Buffer.from("a"))',
  'class Late { size: number; read() { return this.size } }',
  "import fs from 'node:fs'; fs.readFileSync(import.meta.filename)",
  'const table = {}; table["a"]; JSON.parse("1").x',
  '',
  '// nothing',
];

const expressions: readonly (readonly [expression: string, type: string | null])[] = [
  ['count', 'number'],
  ['await client.status()', 'serve.ServeStatus'],
  ['await handle.remote()', 'number'],
  ['[count, "a"];', '(string | number)[]'],
  ['{ a: count }', '{\n    a: number;\n}'],
  ['let x', null],
  ['1 +', null],
];

const test = suite('type server');

for (const [cell, ...texts] of completions) {
  test(`completes ${cell} with ${texts.join(', ') || 'nothing'}`, async () => {
    const found = await textsAt(types, cell);
    assert.equal(
      found.filter((text) => texts.includes(text)),
      texts,
      `found ${found.slice(0, 10)}`,
    );
    if (texts.length !== 1) assert.is(found.length, texts.length, `found ${found.slice(0, 10)}`);
  });
}

test('says of a completion what it is and what it replaces', async () => {
  assert.equal(await types.complete('scorer.sc + 1', 9), [
    {
      text: 'score',
      kind: 'method',
      detail: '(method) Scorer.score(data: {\n    text: string;\n}): number',
      replaces: [7, 9],
    },
  ]);
});

test('what stands behind the cursor and in other lines does not disturb it', async () => {
  assert.equal(await textsAt(types, 'const a = "ü\\n";\r\nif (a) {\n  scorer.¦\n}\nawait '), ['score']);
});

for (const [cell, signature, documentation = /^$/] of hovers) {
  test(`tells about ${cell}`, async () => {
    const hover = await types.hover(...atCursor(cell));
    assert.match(hover?.signature ?? 'nothing', signature);
    assert.match(hover?.documentation ?? 'nothing', documentation);
  });
}

test('tells nothing where there is nothing', async () => {
  assert.is(await types.hover('nobodyDeclaredThis', 3), null);
  assert.is(await types.hover('', 0), null);
  assert.is(await types.hover('1 + 1', 2), null);
});

for (const [cell, message, line, column, length] of complaints) {
  test(`complains about ${cell}`, async () => {
    const [first] = await types.check(cell);
    assert.match(first?.message ?? 'nothing', message);
    assert.equal({ ...first, message: '' }, { message: '', line, column, length, severity: 'error' });
  });
}

for (const cell of right) {
  test(`finds nothing wrong with ${cell}`, async () => {
    assert.equal(await types.check(cell), []);
  });
}

for (const [expression, type] of expressions) {
  test(`the type of ${expression} is ${type}`, async () => {
    assert.is(await types.typeOf(expression), type);
  });
}

test('a check sees what completion saw before', async () => {
  const [texts, complained, type] = await Promise.all([
    types.complete('scorer.', 7),
    types.check('scorer.foo'),
    types.typeOf('scorer'),
  ]);
  assert.equal([texts.length, complained.length, type], [1, 1, 'Scorer']);
});

test('a later completion ends the one under way', async () => {
  const [first, second] = await Promise.all([types.complete('scorer.', 7), types.complete('handle.', 7)]);
  assert.is(first.length, 0);
  assert.is(second.length, 3);
});

test('an aborted completion is empty', async () => {
  assert.equal(await types.complete('scorer.', 7, AbortSignal.abort()), []);
});

test('other globals count at once', async () => {
  const own = typeServerIn(directory.path);
  assert.equal(await textsAt(own, "client.updateBackend('"), []);
  own.globals = sessionGlobals(
    statusOf(['made'], []),
    'declare namespace session { interface Show { traffic(): void } }',
  );
  assert.equal(await textsAt(own, "client.updateBackend('"), ['made']);
  assert.equal(await own.check('show.traffic()'), []);
  await own.close();
});

test('nothing is written to the directory', () => {
  assert.equal(readdirSync(directory.path).sort(), Object.keys(FILES).sort());
});

test('a closed one has no answers', async () => {
  await types.close();
  assert.equal(
    [await types.complete('scorer.', 7), await types.check('x.y'), await types.hover('count', 0)],
    [[], [], null],
  );
  assert.is(types.pid, null);
});

test.after(async () => {
  await types.close();
  directory.remove();
});

test.run();
