// Notebooks that nobody would write, for tests.
import fc from 'fast-check';
import { idsOf } from '../../../repl/notebook/cell-ids.ts';
import { type CellKind, DEFAULT_METADATA, type JsonObject, type Notebook } from '../../../repl/notebook/model.ts';

const LINES = [
  '// %%',
  '// %% [markdown] tags=["a"]',
  '  //%% x',
  '// // %% escaped',
  '%% below a comment',
  '// ---',
  '// jupyter: {}',
  '',
  '   ',
  '//',
  '// ',
  '//no space',
  '# Title',
  'const text = `a \\` b`;',
  '/* */ x */',
  '#!/usr/bin/env node',
  'let a = 1;\r',
  '\r',
  'a\rb',
  'line\u2028separator\u2029',
  '\ufeffmark',
  'naïve 漢字 🎉 é',
];

const line = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...LINES) },
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
);

/** Of lines that look like markers, with and without a last line end, and with none. */
const source = fc.array(line, { maxLength: 6 }).map((lines) => lines.join('\n'));

/** As it is after it was in a file. */
const json = fc
  .jsonValue({ maxDepth: 2 })
  .map((value) => JSON.parse(JSON.stringify(value ?? null)))
  .filter((value) => JSON.stringify(value).isWellFormed());

const key = fc.oneof(
  fc.constantFrom('tags', 'title', 'collapsed', 'id', 'source', 'a b', '', 'slideshow', 'x.y', '__proto__', 'toString'),
  fc.string({ maxLength: 8 }),
);

const title = fc.oneof(
  fc.constantFrom(
    'First words',
    '[markdown]',
    'x=1',
    'a {"b": 1}',
    ' spaces ',
    '% sub',
    '',
    'Über 漢字',
    'a\nb',
    'f(x)=2',
  ),
  fc.string({ unit: 'binary', maxLength: 10 }),
);

const object = fc.array(fc.tuple(key, json), { maxLength: 3 }).map((pairs): JsonObject => Object.fromEntries(pairs));

const metadata = fc
  .tuple(
    object,
    fc.option(title, { nil: null }),
    fc.option(fc.array(fc.constantFrom('parameters', 'skip', 'a "b"', '漢'), { maxLength: 2 }), { nil: null }),
  )
  .map(
    ([others, heading, tags]): JsonObject => ({
      ...others,
      ...(heading !== null && { title: heading }),
      ...(tags !== null && { tags }),
    }),
  );

const cell = fc.record({
  kind: fc.constantFrom<CellKind>('code', 'code', 'markdown', 'raw'),
  id: fc.option(fc.stringMatching(/^[a-zA-Z0-9_-]{1,12}$/), { nil: null }),
  source,
  metadata,
  attachments: fc.option(object, { nil: null, freq: 6 }),
  fields: fc.oneof({ weight: 5, arbitrary: fc.constant({}) }, fc.record({ extra_field: json })),
});

/** Without outputs, which only one of the formats has. */
export const anyNotebook: fc.Arbitrary<Notebook> = fc
  .record({
    metadata: fc.oneof(fc.constant(DEFAULT_METADATA), object),
    cells: fc.array(cell, { maxLength: 6 }),
    fields: fc.oneof({ weight: 5, arbitrary: fc.constant({}) }, fc.record({ more: json })),
  })
  .map(({ metadata: own, cells, fields }): Notebook => {
    const ids = idsOf(cells);
    return {
      metadata: own,
      fields,
      cells: cells.map((one, at) => ({ ...one, id: ids[at] ?? '', outputs: [], executionCount: null, line: 1 })),
    };
  });

/** Texts of files that may have been written by hand. */
export const anyFile: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(
      fc.oneof(
        line,
        title.map((words) => `// %% ${words.replaceAll('\n', ' ')}`),
      ),
      { maxLength: 14 },
    ),
    fc.constantFrom('\n', '\r\n'),
    fc.boolean(),
  )
  .map(([lines, end, isOpen]) => lines.join(end) + (isOpen ? '' : end))
  .filter((text) => text.isWellFormed());
