import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bytesText, countText, msText, percentText, preciseText } from '../../../repl/commands/units.ts';
import { bundleOf, textOf } from '../../../repl/display/bundle.ts';
import { type Column, fittedTable } from '../../../repl/display/fitted-table.ts';
import { bar, columnChart, sparkline } from '../../../repl/display/paint.ts';
import { DATA, Shown } from '../../../repl/display/shown.ts';
import { clipped, rowsOf, widthOf } from '../../../repl/display/width.ts';

const test = suite('display');

const look = (columns: number, colors = false) => ({ colors, columns });

const BARS = [
  [0, 4, '    '],
  [1, 4, '████'],
  [0.5, 4, '██  '],
  [0.25, 2, '▌ '],
  [2, 2, '██'],
  [-1, 2, '  '],
] as const;

for (const [share, width, text] of BARS) {
  test(`a bar of ${share} in ${width} columns is '${text}'`, () => assert.is(bar(share, width), text));
}

const SPARKS = [
  [[], ''],
  [[0, 0], '▁▁'],
  [[0, 7], '▁█'],
  [[1, 2, 4, 8], '▂▃▅█'],
] as const;

for (const [values, text] of SPARKS) {
  test(`the sparkline of ${JSON.stringify(values)} is '${text}'`, () => assert.is(sparkline(values), text));
}

const unit = (value: number): string => `${value} ms`;

test('a chart has its top value at its axis and each value as high as it is', () => {
  assert.is(columnChart([0, 1, 2, 4], { width: 20, height: 2, unit }), '4 ms ┤   █\n   0 ┤ ▄██');
});

test('a chart of nothing but zeros is flat, and of nothing empty', () => {
  assert.is(columnChart([0, 0], { width: 20, height: 2, unit }), '0 ms ┤\n   0 ┤');
  assert.is(columnChart([], { width: 20, height: 2, unit }), '0 ms ┤\n   0 ┤');
});

test('a chart of too many values keeps the largest of neighbours, and its width', () => {
  const values = Array.from({ length: 1000 }, (_, i) => (i === 501 ? 100 : 1));
  const rows = columnChart(values, { width: 30, height: 3, unit }).split('\n');
  assert.ok(
    rows.every((row) => widthOf(row) <= 30),
    rows.join('\n'),
  );
  assert.is([...(rows[0] ?? '')].filter((character) => character === '█').length, 1);
});

const WIDTHS = [
  ['abc', 3],
  ['', 0],
  ['\x1b[31mred\x1b[39m', 3],
  ['日本', 4],
  ['👍', 2],
  ['e\u0301', 1],
  ['…█▁', 3],
] as const;

for (const [text, width] of WIDTHS) {
  test(`${JSON.stringify(text)} is ${width} columns wide`, () => assert.is(widthOf(text), width));
}

test('rows are counted as a terminal folds them', () => {
  for (const [text, columns, rows] of [
    ['', 10, 1],
    ['a\nb', 10, 2],
    ['x'.repeat(10), 10, 1],
    ['x'.repeat(11), 10, 2],
    [`\x1b[1m${'x'.repeat(10)}\x1b[22m`, 10, 1],
    ['日'.repeat(6), 10, 2],
  ] as const) {
    assert.is(rowsOf(text, columns), rows, `${text} in ${columns}`);
  }
});

test('what is too wide is cut, and says so', () => {
  assert.is(clipped('abcdef', 6), 'abcdef');
  assert.is(clipped('abcdefg', 6), 'abcde…');
  assert.is(clipped('日本語', 5), '日本…');
  assert.is(clipped('\x1b[31mabcdef\x1b[39m', 3), 'ab…');
});

interface Row {
  readonly name: string;
  readonly size: string;
  readonly note: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { name: 'name', cell: ({ name }) => name },
  { name: 'size', rank: 1, cell: ({ size }) => size },
  { name: 'note', rank: 2, cell: ({ note }) => note },
];

const ROWS: readonly Row[] = [
  { name: 'one', size: '1.0 ms', note: 'first' },
  { name: 'twenty-one', size: '21 ms', note: '日本' },
];

test('a table has numbers with their units to the right, texts to the left', () => {
  assert.is(
    fittedTable(COLUMNS, ROWS, look(80)),
    'name          size  note\none         1.0 ms  first\ntwenty-one   21 ms  日本',
  );
});

test('a narrow screen loses the least important columns first, then the ends of cells', () => {
  assert.is(fittedTable(COLUMNS, ROWS, look(20)), 'name          size\none         1.0 ms\ntwenty-one   21 ms');
  assert.is(fittedTable(COLUMNS, ROWS, look(12)), 'name\none\ntwenty-one');
  assert.is(fittedTable(COLUMNS, ROWS, look(8)), 'name\none\ntwenty-…');
});

test('a column that may be cut is, before another is left out', () => {
  const columns = COLUMNS.map((column) => (column.name === 'name' ? { ...column, least: 4 } : column));
  assert.is(fittedTable(columns, ROWS, look(20)), 'name     size  note\none    1.0 ms  first\ntwen…   21 ms  日本');
  assert.is(fittedTable(columns, ROWS, look(14)), 'name      size\none     1.0 ms\ntwent…   21 ms');
});

test('a table fits whatever the width, colours or none', () => {
  for (const colors of [false, true]) {
    for (let columns = 8; columns < 60; columns++) {
      const lines = fittedTable(COLUMNS, ROWS, look(columns, colors)).split('\n');
      assert.ok(
        lines.every((line) => widthOf(line) <= columns),
        `${columns}:\n${lines.join('\n')}`,
      );
    }
  }
});

test('what a command shows is as wide as who asks, and its data hold no secret', () => {
  const shown = new Shown({ userConfig: { apiKey: 'abc', level: 3 } }, ({ columns }) => `${columns} columns`);
  const bundle = bundleOf(shown, look(133));
  assert.is(bundle['text/plain'], '133 columns');
  assert.is(JSON.stringify(bundle[DATA]), '{"userConfig":{"apiKey":"‹hidden, 3 characters›","level":3}}');
  assert.is(shown.data.userConfig.apiKey, 'abc');
});

test('the password of a URL is not shown, wherever it stands', () => {
  const url = 'http://ada:geheim@h:80/p?q=a@b';
  const shown = 'ada:‹hidden, 6 characters›@h';
  const data = { list: [url, `see redis://:geheim@h/0 and ${url}`], url: new URL(url), none: 'http://h:80/a:b@c' };
  for (const value of [url, new URL(url), data, [{ at: url }, { at: url }]]) {
    const text = textOf(value, look(200));
    assert.ok(text.includes(shown) && !text.includes('geheim'), text);
  }
  const json = JSON.stringify(bundleOf(new Shown(data, () => ''), look(80))[DATA]);
  assert.ok(json.includes(shown) && !json.includes('geheim') && json.includes(data.none), json);
  assert.is(textOf(new URL('http://h/').href, look(80)), "'http://h/'");
  assert.is(data.url.password, 'geheim');
});

test('a text is cut, and says how much more there is', () => {
  assert.is(textOf('x'.repeat(100_000), look(80)), `'${'x'.repeat(1_000)}'... 99000 more characters`);
  assert.match(textOf({ a: { b: 'x'.repeat(1_001) } }, look(80)), /x'\.\.\. 1 more character\b/);
});

test('a list with long texts is a table whose cells are cut, when it takes more than a screen', () => {
  const rows = Array.from({ length: 200 }, (_, id) => ({
    id,
    prompt: 'why\nand 日本 '.repeat(5_000),
    answer: 'so it is',
  }));
  for (const columns of [40, 80, 200]) {
    const lines = textOf(rows, look(columns)).split('\n');
    assert.is(lines.length, 52);
    assert.match(lines[0] ?? '', /^id {2}prompt +answer$/);
    assert.match(lines[50] ?? '', /^49 {2}why\\nand 日.*… {2}so it is$/);
    assert.is(lines[51], '… 150 more');
    assert.equal(
      lines.filter((line) => widthOf(line) > columns),
      [],
    );
  }
  assert.match(
    textOf(
      rows.slice(0, 2).map((row) => ({ ...row, prompt: 'why '.repeat(20) })),
      look(80),
    ),
    /^\[\n/,
  );
  const wide = rows.map((row) => Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`n${n}`, row.prompt])));
  assert.match(textOf(wide, look(40)), /^\[\n/, 'no table has room there');
});

test('a promise that is pending says how its value is had, one that is settled does not', () => {
  const hint = '  `await` before it gives its value';
  assert.is(textOf(new Promise(() => {}), look(80)), `Promise { <pending> }${hint}`);
  assert.is(
    textOf(new Promise(() => {}), look(80, true)),
    `Promise { \x1b[36m<pending>\x1b[39m }  \x1b[2m${hint.trim()}\x1b[22m`,
  );
  assert.is(textOf(Promise.resolve('<pending>'), look(80)), "Promise { '<pending>' }");
});

test('numbers are as people read them', () => {
  assert.equal([0.000_004, 0.000_9996, 0.0123, 0.9994, 0.9996, 12.34, 123.4, 9994, 9996, 12_345].map(preciseText), [
    '4 ns',
    '1.00 µs',
    '12.3 µs',
    '999 µs',
    '1.00 ms',
    '12.3 ms',
    '123 ms',
    '9994 ms',
    '10.0 s',
    '12.3 s',
  ]);
  assert.equal([0, 999, 1000, 999_600, 1.5e9].map(bytesText), ['0 B', '999 B', '1.0 kB', '1.0 MB', '1.5 GB']);
  assert.equal([1, 1000, 1_234_567].map(countText), ['1', '1 000', '1 234 567']);
  assert.equal([null, 0.04, 12.3, 12_345].map(msText), ['-', '0.0 ms', '12 ms', '12.3 s']);
  assert.equal([0.5, 1, 0.333, 0.001].map(percentText), ['50 %', '100 %', '33.3 %', '0.1 %']);
});

test('where only text is wanted no picture and no table of HTML is made', () => {
  const look = { colors: false, columns: 80, isTextOnly: true } as const;
  let drawn = 0;
  const graphic = {
    title: null,
    get svg() {
      drawn++;
      return '<svg/>';
    },
    others: {},
    text: () => 'as text',
  };
  const shown = new Shown({ a: 1 }, () => 'as text', graphic);
  assert.equal(bundleOf(shown, look), { 'text/plain': 'as text' });
  assert.is(drawn, 0);
  assert.ok('image/svg+xml' in bundleOf(shown, { colors: false, columns: 80 }));
  assert.equal(Object.keys(bundleOf([{ a: 1 }, { a: 2 }], look)), ['text/plain']);
});

test.run();
