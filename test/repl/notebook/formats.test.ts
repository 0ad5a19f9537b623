import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readIpynb, writeIpynb } from '../../../repl/notebook/ipynb.ts';
import type { Notebook } from '../../../repl/notebook/model.ts';
import { readPercent, writePercent } from '../../../repl/notebook/percent.ts';
import { fails } from '../../support/instance.ts';
import { anyFile, anyNotebook } from './any-notebook.ts';

const test = suite('formats of notebooks');

const RUNS = { numRuns: 400 };

/** Lines are those of a file, and a file's layout is kept for it. */
const comparable = ({ cells, ...notebook }: Notebook): unknown =>
  JSON.parse(writeIpynb({ ...notebook, cells: cells.map((cell) => ({ ...cell, line: 1 })) }));

test('an .ipynb is read as it was written', () => {
  fc.assert(
    fc.property(anyNotebook, (notebook) => {
      assert.equal(comparable(readIpynb(writeIpynb(notebook), 'x')), comparable(notebook));
    }),
    RUNS,
  );
});

test('from .ipynb to .ts and back nothing is lost, and sources are the same', () => {
  fc.assert(
    fc.property(anyNotebook, (notebook) => {
      const text = Buffer.from(writePercent(notebook)).toString();
      const { cells, ...back } = readPercent(text);
      const plain = cells.map(({ source, id, kind }) => ({ source, id, kind }));
      assert.equal(
        plain,
        notebook.cells.map(({ source, id, kind }) => ({ source, id, kind })),
      );
      assert.equal(comparable({ ...back, cells }), comparable(notebook));
      for (const { line, kind, source } of cells) {
        if (kind === 'code' && !/%%/.test(source) && source !== '') {
          assert.ok(
            text
              .split('\n')
              .slice(line - 1)
              .join('\n')
              .startsWith(source),
            'its line',
          );
        }
      }
    }),
    RUNS,
  );
});

test('from .ts to .ipynb and back it is the same file, byte by byte', () => {
  fc.assert(
    fc.property(anyFile, (text) => {
      assert.is(writePercent(readIpynb(writeIpynb(readPercent(text)), 'x')), text);
    }),
    { numRuns: 1500 },
  );
});

const SAMPLE = `// ---
// jupyter:
//   authors:
//   - name: 'Ada'
//   kernelspec:
//     display_name: Deno
//     language: typescript
//     name: deno
// ---

// %% [markdown]
// # Title
//
// Text with \`code\`.

// %% Numbers id="numbers" tags=["parameters"]
const n = 3;

// %% collapsed=true
const text = \`
// // %% x\`;
// %% [raw] format="text/x-rst"
// raw
`;

test('a percent file says its titles, tags, ids and metadata; its header may be any YAML', () => {
  const { metadata, cells } = readPercent(SAMPLE);
  assert.equal(metadata.authors, [{ name: 'Ada' }]);
  assert.equal(metadata.kernelspec, { display_name: 'Deno', language: 'typescript', name: 'deno' });
  assert.equal(
    cells.map(({ kind, source, line }) => ({ kind, source, line })),
    [
      { kind: 'markdown', source: '# Title\n\nText with `code`.', line: 12 },
      { kind: 'code', source: 'const n = 3;', line: 17 },
      { kind: 'code', source: 'const text = `\n// %% x`;', line: 20 },
      { kind: 'raw', source: 'raw', line: 23 },
    ],
  );
  const [, numbers, collapsed, raw] = cells;
  assert.is(numbers?.id, 'numbers');
  assert.equal(numbers?.metadata, { title: 'Numbers', tags: ['parameters'] });
  assert.is(collapsed?.metadata.collapsed, true);
  assert.equal(raw?.metadata, { format: 'text/x-rst' });
  assert.is(writePercent(readPercent(SAMPLE)), SAMPLE);
});

test('a file without markers is one cell; code above the first one is a cell', () => {
  assert.equal(
    readPercent("import 'a';\r\n//%%\r\n\r\n  // %% last\r\nx").cells.map(({ source, line, metadata }) => [
      source,
      line,
      metadata.title,
    ]),
    [
      ["import 'a';", 1, undefined],
      ['', 3, undefined],
      ['x', 5, 'last'],
    ],
  );
  assert.equal(readPercent('').cells, []);
  assert.is(writePercent(readPercent('let a = 1;\n')), 'let a = 1;\n');
});

test('a cell that was changed elsewhere loses what was kept of its lines, and the others do not', () => {
  const notebook = readPercent('a\n//%%  two\nb\n//%%  three\nc');
  const cells = notebook.cells.map((cell, at) => (at === 0 ? { ...cell, source: '// %% x', id: 'x' } : cell));
  assert.is(writePercent({ ...notebook, cells }), '// %% id="x"\n// // %% x\n//%%  two\nb\n//%%  three\nc');
  const renamed = notebook.cells.map((cell, at) => (at === 1 ? { ...cell, metadata: { title: 'new' } } : cell));
  assert.is(writePercent({ ...notebook, cells: renamed }), 'a\n// %% new\nb\n\n//%%  three\nc');
});

test('ids are those of what a cell says, wherever it is moved to', () => {
  const [first, second, third] = readPercent('// %%\na\n\n// %%\nb\n\n// %%\na\n').cells;
  const moved = readPercent('// %%\nb\n\n// %%\na\n').cells;
  assert.is(third?.id, `${first?.id}-2`);
  assert.equal(
    moved.map(({ id }) => id),
    [second?.id, first?.id],
  );
  const doubled = readPercent('// %% id="x"\na\n\n// %% id="x"\nb\n').cells.map(({ id }) => id);
  assert.is(doubled[0], 'x');
  assert.is.not(doubled[1], 'x');
});

test('what is written for Jupyter is nbformat 4.5, as Jupyter writes it', () => {
  const text = writeIpynb(readPercent('// %%\nconst a = 1;\nconst b = 2;\n'));
  const notebook = JSON.parse(text);
  assert.equal(Object.keys(notebook), ['cells', 'metadata', 'nbformat', 'nbformat_minor']);
  assert.equal([notebook.nbformat, notebook.nbformat_minor], [4, 5]);
  assert.is(notebook.metadata.kernelspec.name, 'servelab');
  const [cell] = notebook.cells;
  assert.match(cell.id, /^[a-zA-Z0-9-_]{1,64}$/);
  assert.equal([cell.outputs, cell.execution_count, cell.source], [[], null, ['const a = 1;\n', 'const b = 2;']]);
});

test('what Jupyter has written is read: outputs, attachments, fields of others, older minors without ids', () => {
  const output = {
    output_type: 'display_data',
    data: { 'text/plain': ['a\n', 'b'], 'application/json': ['a', 'b'] },
    metadata: { needs: 1 },
  };
  const cells = [
    {
      cell_type: 'markdown',
      metadata: {},
      source: ['![](attachment:a.png)'],
      attachments: { 'a.png': { 'image/png': 'AA' } },
    },
    { cell_type: 'code', metadata: {}, source: 'one\ntwo', outputs: [output], execution_count: 7, mine: [1] },
    { cell_type: 'code', metadata: {}, source: [], outputs: [] },
  ];
  const text = JSON.stringify({ nbformat: 4, nbformat_minor: 1, metadata: { x: 1 }, cells, theirs: true });
  const notebook = readIpynb(text, 'x');
  const [markdown, code] = notebook.cells;
  assert.equal(markdown?.attachments, { 'a.png': { 'image/png': 'AA' } });
  assert.is(code?.source, 'one\ntwo');
  assert.equal(code?.outputs[0]?.data, { 'text/plain': 'a\nb', 'application/json': ['a', 'b'] });
  assert.equal([code?.executionCount, code?.fields], [7, { mine: [1] }]);
  const again = JSON.parse(writeIpynb(notebook));
  assert.equal([again.theirs, again.cells[1].mine, again.cells[1].outputs[0]], [true, [1], output]);
  assert.equal(readIpynb(JSON.stringify(again), 'x'), notebook);
  assert.is(new Set(notebook.cells.map(({ id }) => id)).size, 3);
  const back = readPercent(writePercent(notebook));
  assert.equal(
    [back.fields, back.cells[0]?.attachments, back.cells[1]?.fields],
    [{ theirs: true }, markdown?.attachments, { mine: [1] }],
  );
});

test('what is no notebook is refused, with what was found', async () => {
  for (const [text, found] of [
    ['', 'JSON'],
    ['[]', 'no list of cells'],
    ['{"nbformat": 3, "cells": []}', 'nbformat 3'],
    ['{"nbformat": 4}', 'no list of cells'],
    ['null', 'no list of cells'],
    ['{"nbformat": 4, "cells": [{"cell_type": "heading"}]}', 'cell_type must be code, markdown, raw, got "heading"'],
  ] as const) {
    await fails(() => readIpynb(text, 'x.ipynb'), 'INVALID_ARGUMENT', 'x.ipynb', 'is no notebook', found);
  }
});

test('what is written is TypeScript that plain Node runs, and its tests of types pass', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'servelab-percent-'));
  try {
    const notebook = readIpynb(
      readFileSync(new URL('../../../../test/fixtures/notebooks/plain.ipynb', import.meta.url), 'utf8'),
      'x',
    );
    const file = join(folder, 'plain.mts');
    writeFileSync(file, writePercent(notebook));
    const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', file]);
    assert.is(stdout, 'total 6\n');
    const tsc = fileURLToPath(new URL('../../../../node_modules/typescript/bin/tsc', import.meta.url));
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--lib', 'es2024,dom'];
    await promisify(execFile)(process.execPath, [tsc, ...options, file], { cwd: folder });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
