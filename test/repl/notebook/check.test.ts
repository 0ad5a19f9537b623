/** `servelab notebook check`, `sync` and `export`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { difference } from '../../../repl/notebook/stale.ts';
import { withStateHome } from '../../support/state-home.ts';
import { type Ended, inFolder, runCommand } from '../command-fixture.ts';

const test = suite('notebooks that are kept');

const inPlace = (files: Readonly<Record<string, string>>, run: (folder: string) => Promise<void>) =>
  withStateHome(() => inFolder(files, run)());

const notebook = (folder: string, ...args: readonly string[]): Promise<Ended> =>
  runCommand('', { args: ['notebook', ...args], cwd: folder });

async function well(folder: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await notebook(folder, ...args);
  assert.is(code, 0, stderr);
  return stdout;
}

const text = (folder: string, file: string): string => readFileSync(join(folder, file), 'utf8');

function replace(folder: string, file: string, from: string, to: string): void {
  const before = text(folder, file);
  assert.ok(before.includes(from), `${file} has no ${from}:\n${before}`);
  writeFileSync(join(folder, file), before.replace(from, to));
}

const TRUTH = `// %% [markdown]
// # The truth

// %% Changing
import { tmpdir } from 'node:os';
console.log(new Date().toISOString(), \`\${Math.random() * 9} ms\`, \`process \${process.pid}\`, tmpdir());
console.log(crypto.randomUUID(), import.meta.dirname, client.http?.url);
(await http.get('/nowhere')).json

// %% Ours servelab={"normalize": ["\\\\d{5,}"]}
Math.floor(Math.random() * 1e5) + 1e5

// %% Sum
6 * 7
`;

test(
  "what only times, ids, places and a cell's own patterns change is as it is kept; a planted lie is found",
  inPlace({ 'truth.ts': TRUTH, 'package-lock.json': '{}' }, async (folder) => {
    const none = await notebook(folder, 'check', 'truth.ts');
    assert.is(none.code, 1);
    assert.match(
      none.stderr,
      /truth\.ts has no truth\.ipynb that keeps .*; `servelab notebook check truth\.ts --write`/,
    );
    assert.match(await well(folder, 'check', 'truth.ts', '--write'), /^truth\.ts: truth\.ipynb is new\n$/);
    await well(folder, 'run', 'truth.ts', '--to', 'ipynb');
    assert.match(await well(folder, 'check', 'truth.ts'), /nothing has changed since it was run; --force/);
    assert.match(await well(folder, 'check', 'truth.ipynb', '--force'), /truth\.ipynb: as it is kept/);

    replace(folder, 'truth.ipynb', '"42"', '"43"');
    const { code, stderr } = await notebook(folder, 'check', 'truth.ts', '--force');
    assert.is(code, 1);
    assert.match(stderr, /servelab: truth\.ts is not as truth\.ipynb has it: 1 cell differs\n/);
    assert.match(stderr, /cell 4 {2}Sum\n\s+- 43\n\s+\+ 42\n/);
    assert.match(stderr, /`servelab notebook check truth\.ts --write` keeps/);
    assert.match(
      await well(folder, 'check', 'truth.ts', '--force', '--write'),
      /1 cell differed; truth\.ipynb is written/,
    );
    assert.match(text(folder, 'truth.ipynb'), /"42"/);
    await well(folder, 'check', 'truth.ts', '--force');
    replace(folder, 'truth.ts', '6 * 7', '6 * 8');
    assert.match(await well(folder, 'check', 'truth.ts', '--write'), /1 cell differed; truth\.ipynb is written/);
    replace(folder, 'truth.ts', '6 * 8', 'six * 8');
    const failing = await notebook(folder, 'check', 'truth.ts', '--write');
    assert.is(failing.code, 1);
    assert.match(failing.stderr, /it fails: ReferenceError: six is not defined[\s\S]*what fails is not kept; the tag/);
    assert.match(text(folder, 'truth.ipynb'), /"48"/);
  }),
);

const MEASURED = `// %% Picture servelab={"compare": "kinds"}
const now = process.hrtime.bigint();
console.log(now);
display({ 'image/svg+xml': \`<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0L\${now} 1"/></svg>\` }, { raw: true });

// %% Still
display({ 'image/svg+xml': '<svg xmlns="http://www.w3.org/2000/svg"><text>still</text></svg>' }, { raw: true });
`;

test(
  "a picture of what is measured is there, and need not be as it is kept; another one is; a cell's word is known",
  inPlace({ 'measured.ts': MEASURED, 'package-lock.json': '{}' }, async (folder) => {
    await well(folder, 'run', 'measured.ts', '--to', 'ipynb');
    await well(folder, 'check', 'measured.ts', '--force');
    replace(folder, 'measured.ipynb', '<text>still', '<text>moved');
    const moved = await notebook(folder, 'check', 'measured.ts', '--force');
    assert.is(moved.code, 1);
    assert.match(moved.stderr, /1 cell differs\n\s*cell 2 {2}Still\n\s+- <svg .*moved.*\n\s+\+ <svg .*still/);
    replace(folder, 'measured.ts', '"kinds"', '"kind"');
    const unknown = await notebook(folder, 'check', 'measured.ts', '--force');
    assert.match(unknown.stderr, /a cell's compare must be one of 'all', 'words', 'kinds', got "kind"/);
  }),
);

const PICTURES = `// %% Measured
const rows = [1, 2, 4].map((batch) => ({ batch, took: 1 + Math.random() * 8, rps: 100 + Math.random() * 800 }));
display(chart.lines(rows, { x: 'batch', y: 'took', unit: 'ms' }));
chart.bars(rows, { x: 'batch', y: 'rps', unit: '/s' })

// %% Planned
chart.split({ v1: 0.9, v2: 0.1 })
`;

test(
  'a picture of what was measured may differ as its numbers do; another one may not, however small the lie',
  inPlace({ 'pictures.ts': PICTURES, 'package-lock.json': '{}' }, async (folder) => {
    await well(folder, 'run', 'pictures.ts', '--to', 'ipynb');
    await well(folder, 'check', 'pictures.ts', '--force');
    replace(folder, 'pictures.ipynb', '>90 %</tspan>', '>91 %</tspan>');
    const { code, stderr } = await notebook(folder, 'check', 'pictures.ts', '--force');
    assert.is(code, 1);
    assert.match(stderr, /1 cell differs\n[\s\S]*cell 2 {2}Planned\n/);
    replace(folder, 'pictures.ipynb', '>91 %</tspan>', '>90 %</tspan>');
    replace(folder, 'pictures.ipynb', 'image/svg+xml', 'image/none');
    const missing = await notebook(folder, 'check', 'pictures.ts', '--force');
    assert.is(missing.code, 1);
    assert.match(missing.stderr, /cell 1 {2}Measured\n\s+- image\/none:\n[\s\S]*\+ image\/svg\+xml:\n/);
  }),
);

test(
  'other packages, and another source, are noticed',
  inPlace({ 'truth.ts': '// %% Sum\n6 * 7\n', 'package-lock.json': '{}' }, async (folder) => {
    await well(folder, 'run', 'truth.ts', '--to', 'ipynb');
    writeFileSync(join(folder, 'package-lock.json'), '{"other": 1}');
    assert.match(await well(folder, 'check', 'truth.ts'), /as it is kept/);
    replace(folder, 'truth.ts', '6 * 7', '6 * 8');
    const { code, stderr } = await notebook(folder, 'check', 'truth.ts');
    assert.is(code, 1);
    assert.match(stderr, /cell 1 {2}Sum\n\s+it is new, or changed\n/);
    replace(folder, 'truth.ts', '6 * 8', 'null.x');
    const failing = await notebook(folder, 'check', 'truth.ts', '--write');
    assert.is(failing.code, 1);
    assert.match(failing.stderr, /it fails: TypeError: .* \(truth\.ts:2:6\)/);
    assert.match(text(folder, 'truth.ipynb'), /"42"/, 'what fails is not kept');
  }),
);

test(
  'the other file of a pair gets the cells of the one that is named, and keeps the outputs',
  inPlace({ 'pair.ts': '//%% One\n6 * 7\n//%% Two id="two"\n1' }, async (folder) => {
    await well(folder, 'run', 'pair.ts', '--to', 'ipynb');
    const before = text(folder, 'pair.ts');
    assert.match(await well(folder, 'sync', 'pair.ipynb'), /nothing to do: pair\.ts agrees with pair\.ipynb/);
    writeFileSync(join(folder, 'pair.ts'), `//%% New\n0\n${before.replace('\n1', '\n// changed\n1')}`);
    assert.match(await well(folder, 'sync', 'pair.ts'), /pair\.ipynb is written anew, with the 3 cells of pair\.ts/);
    const { cells } = JSON.parse(text(folder, 'pair.ipynb'));
    const results = cells.map(({ outputs }: { outputs: { data: unknown }[] }) => outputs.map(({ data }) => data));
    assert.equal(results, [[], [{ 'text/plain': ['42'] }], [{ 'text/plain': ['1'] }]]);
    const after = text(folder, 'pair.ts');
    writeFileSync(join(folder, 'pair.ts'), '');
    assert.match(await well(folder, 'sync', 'pair.ipynb'), /pair\.ts is written anew/);
    assert.is(text(folder, 'pair.ts'), after, 'as it was written, byte by byte');
  }),
);

const OUTPUT = (data: Readonly<Record<string, unknown>>): unknown => ({
  output_type: 'display_data',
  data,
  metadata: {},
});
const CELLS = [
  {
    cell_type: 'markdown',
    metadata: {},
    source: '# A <i>title</i> & more\n\n![dot](attachment:dot.png)',
    attachments: { 'dot.png': { 'image/png': 'iVBORw0KGgo=' } },
  },
  {
    cell_type: 'code',
    metadata: { title: 'Shows' },
    execution_count: 3,
    source: 'show("<b>", `a```b`)',
    outputs: [
      { output_type: 'stream', name: 'stdout', text: '\u001b[31mred\u001b[39m <script>alert(1)</script>\n' },
      OUTPUT({
        'text/plain': 'poor',
        'image/svg+xml': '<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>',
      }),
      OUTPUT({ 'text/plain': 'poor', 'text/html': '<table id="theirs"><tr><td>1</td></tr></table>' }),
      OUTPUT({ 'text/markdown': '**bold** <img src=x onerror=alert(1)> [l](javascript:alert(1))' }),
      OUTPUT({ 'application/json': { a: '</pre>' } }),
      {
        output_type: 'error',
        ename: 'E',
        evalue: 'e',
        traceback: ['\u001b[1mUncaught E: <e>\u001b[22m', '    at x.ts:1:1'],
      },
    ],
  },
  { cell_type: 'raw', metadata: {}, source: '<raw>' },
];
const RICH = JSON.stringify({ nbformat: 4, nbformat_minor: 4, metadata: {}, cells: CELLS });

test(
  "a page of HTML shows the best form of each output, and nothing in it but the notebook's own HTML is HTML",
  inPlace({ 'rich.ipynb': RICH }, async (folder) => {
    await well(folder, 'export', 'rich.ipynb', '--to', 'html');
    const html = text(folder, 'rich.html');
    assert.match(html, /<title>A &lt;i&gt;title&lt;\/i&gt; &amp; more<\/title>/);
    assert.match(html, /<h1>A <i>title<\/i> &amp; more<\/h1>/);
    assert.match(html, /<img src="data:image\/png;base64,iVBORw0KGgo=" alt="dot">/);
    assert.match(html, /<code>show\(&quot;&lt;b&gt;&quot;, /);
    assert.match(html, /<span style="color:rgb\(187,0,0\)">red<\/span> &lt;script&gt;alert/);
    assert.match(html, /<img class="output" alt="" src="data:image\/svg\+xml;base64,/);
    assert.match(html, /<table id="theirs">/);
    assert.match(html, /<strong>bold<\/strong> &lt;img src=x onerror=/);
    assert.match(html, /&lt;\/pre&gt;/);
    assert.match(html, /font-weight:bold[^>]*>Uncaught E: &lt;e&gt;/);
    assert.match(html, /&lt;raw&gt;/);
    assert.not.match(html, /<script|javascript:|poor|\[31m/);
  }),
);

test(
  'a page of Markdown holds its pictures, and no output ends its block',
  inPlace({ 'rich.ipynb': RICH }, async (folder) => {
    const markdown = await well(folder, 'export', 'rich.ipynb', '--to', 'md', '-o', '-');
    assert.match(markdown, /^# A <i>title<\/i> & more\n\n!\[dot\]\(data:image\/png;base64,iVBORw0KGgo=\)\n/);
    assert.match(markdown, /\n````ts\nshow\("<b>", `a```b`\)\n````\n/);
    assert.match(markdown, /\n```text\nred <script>alert\(1\)<\/script>\n```\n/);
    assert.match(markdown, /!\[\]\(data:image\/svg\+xml;base64,/);
    assert.match(markdown, /```json\n\{\n {2}"a": "<\/pre>"\n\}\n```/);
  }),
);

test(
  'a .ts is exported with what is kept beside it, and as an .ipynb',
  inPlace({ 'sum.ts': '// %%\n6 * 7\n' }, async (folder) => {
    await well(folder, 'run', 'sum.ts', '--to', 'ipynb');
    assert.match(await well(folder, 'export', 'sum.ts', '--to', 'md', '-o', '-'), /```text\n42\n```/);
    await well(folder, 'export', 'sum.ipynb', '--to', 'ts', '-o', 'again.ts');
    assert.is(text(folder, 'again.ts'), '// %%\n6 * 7\n');
    const { code, stderr } = await notebook(folder, 'export', 'sum.ts', '--to', 'pdf');
    assert.is(code, 2);
    assert.match(stderr, /Allowed choices are html, md, ipynb, ts/);
  }),
);

test('a difference is what stands between the first line that differs and the last', () => {
  assert.equal(difference(['a'], ['a']), []);
  assert.equal(difference(['a', 'b', 'c'], ['a', 'x', 'y', 'c']), ['- b', '+ x', '+ y']);
  assert.equal(difference([], ['a']), ['+ a']);
  assert.equal(difference(['a', 'a'], ['a']), ['- a']);
  const long = Array.from({ length: 20 }, (_, at) => `${at}`);
  assert.equal(difference(long, []).slice(-2), ['- 7', '- … 12 more lines']);
});

test.run();
