import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { notebookCells, notebookText } from '../../../repl/commands/notebook-cells.ts';
import { percentCells, percentText } from '../../../repl/commands/percent-cells.ts';
import { fails } from '../../support/instance.ts';

const test = suite('cells of files');

const CODES = ['const a = 1;\nconst b = 2;', "await client.createBackend('m', () => 'a // %% b')", 'a + b'];

test('what is saved as a percent file is read back, each cell with its line', () => {
  const text = percentText(CODES);
  const cells = percentCells(text);
  assert.equal(
    cells.map(({ code }) => code),
    CODES,
  );
  for (const { code, line } of cells) assert.is(text.split('\n')[line - 1], code.split('\n')[0]);
});

test('cells of text and empty ones are left out, titles kept, code before the first marker is a cell', () => {
  const text = "import 'a';\r\n// %% [markdown]\n// # Title\n// %% first\nlet x = 1\n\n//%%\n\n  // %% last [tag]\nx";
  assert.equal(percentCells(text), [
    { title: '', line: 1, code: "import 'a';" },
    { title: 'first', line: 5, code: 'let x = 1' },
    { title: 'last [tag]', line: 10, code: 'x' },
  ]);
});

test('what is saved as a notebook is nbformat 4.5 and read back', () => {
  const text = notebookText(CODES);
  const notebook = JSON.parse(text);
  assert.equal([notebook.nbformat, notebook.nbformat_minor], [4, 5]);
  assert.is(notebook.metadata.kernelspec.name, 'servelab');
  const ids = notebook.cells.map(({ id }: { id: string }) => id);
  assert.is(new Set(ids).size, CODES.length);
  assert.ok(ids.every((id: string) => /^[a-zA-Z0-9-_]{1,64}$/.test(id)));
  assert.equal(notebook.cells[0].source, ['const a = 1;\n', 'const b = 2;']);
  assert.equal(
    notebookCells(text, 'x').map(({ code }) => code),
    CODES,
  );
});

test('a source in one text is read, cells of text are not; what is no notebook is refused', async () => {
  const cells = [
    { cell_type: 'markdown', source: ['# no'] },
    { cell_type: 'code', source: 'one\ntwo' },
    { cell_type: 'code', source: [] },
  ];
  const read = notebookCells(JSON.stringify({ nbformat: 4, cells }), 'x');
  assert.equal(read, [{ code: 'one\ntwo', line: 1, title: '' }]);
  for (const text of ['', '[]', '{"nbformat": 3, "cells": []}', '{"nbformat": 4}', 'null']) {
    await fails(() => notebookCells(text, 'x.ipynb'), 'INVALID_ARGUMENT', "'x.ipynb' is no notebook");
  }
});

test.run();
