import fc from 'fast-check';
import { ServeError } from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { charts } from '../../../repl/charts/charts.ts';
import { DATA, DISPLAY, type Shown } from '../../../repl/display/shown.ts';
import { widthOf } from '../../../repl/display/width.ts';
import { elementsOfPicture, named, numberAt, textsOf, tooltipsOf } from './picture.ts';

const test = suite('charts');

const look = { colors: false, columns: 80 };
const svgOf = (shown: Shown<unknown>): string => shown.svg ?? '';

const SWEEP = [
  { batch: 8, rps: 2600, p50: 3, p95: 5 },
  { batch: 1, rps: 400, p50: 2, p95: 3 },
  { batch: 2, rps: 800, p50: 2.5, p95: 4 },
];

test('a value has a picture, a Vega-Lite chart, a text and its data, and the same rows give the same bytes', () => {
  const draw = (): Shown<unknown> => charts.lines(SWEEP, { x: 'batch', y: 'rps', title: 'Throughput', unit: '/s' });
  const bundle = draw()[DISPLAY]();
  assert.equal(Object.keys(bundle), ['image/svg+xml', 'application/vnd.vegalite.v5+json', 'text/plain', DATA]);
  assert.is(bundle['image/svg+xml'], svgOf(draw()));
  assert.is(JSON.stringify(bundle), JSON.stringify(draw()[DISPLAY]()));
  assert.equal(draw().data, SWEEP);
});

test('a line stands where its numbers are, ordered, on an axis that begins at 0', () => {
  const elements = elementsOfPicture(svgOf(charts.lines(SWEEP, { x: 'batch', y: 'rps', unit: '/s' })));
  assert.equal(tooltipsOf(elements), ['batch 1: rps 400/s', 'batch 2: rps 800/s', 'batch 8: rps 2 600/s']);
  const [first, second, third] = named(elements, 'circle').map((dot) => [numberAt(dot, 'cx'), numberAt(dot, 'cy')]);
  const [x = 0, y = 0] = first ?? [];
  const axis = named(elements, 'line').map((one) => numberAt(one, 'y1'));
  const bottom = Math.max(...axis);
  // From 0 at the bottom: twice as much is twice as high, and x goes by its distance.
  assert.ok(Math.abs((bottom - (second?.[1] ?? 0)) / (bottom - y) - 2) < 0.01);
  assert.ok(Math.abs((bottom - (third?.[1] ?? 0)) / (bottom - y) - 6.5) < 0.02);
  assert.ok(Math.abs(((third?.[0] ?? 0) - x) / ((second?.[0] ?? 0) - x) - 7) < 0.01);
  const texts = textsOf(svgOf(charts.lines(SWEEP, { x: 'batch', y: 'rps', unit: '/s' })));
  for (const wanted of ['rps', '0/s', '2 000/s', '1', '2', '8', 'batch'])
    assert.ok(texts.includes(wanted), texts.join('|'));
});

test('several lines are named at their ends, and an axis that grows by factors has equal ones as far apart', () => {
  const svg = svgOf(charts.lines(SWEEP, { x: 'batch', y: ['p50', 'p95'], unit: 'ms', log: 'x' }));
  const texts = textsOf(svg);
  assert.ok(texts.includes('p50') && texts.includes('p95'));
  const [one = 0, two = 0, eight = 0] = named(elementsOfPicture(svg), 'circle').map((dot) => numberAt(dot, 'cx'));
  assert.ok(Math.abs((eight - one) / (two - one) - 3) < 0.01);
});

test('a gap is a gap, and a point between two of them can be seen', () => {
  const rows = [1, null, 3, Number.NaN, 5, 6, 7].map((value, x) => ({ x, value }));
  const elements = elementsOfPicture(svgOf(charts.lines(rows, { x: 'x', y: 'value' })));
  const [path] = named(elements, 'path').filter(({ attributes }) => attributes.fill === 'none');
  assert.is(path?.attributes.d?.match(/M/g)?.length, 1, 'one run of three');
  assert.is(path?.attributes.d?.match(/L/g)?.length, 2);
  assert.is(named(elements, 'circle').length, 5);
});

test('bars are as long as they are large, from 0, and say it', () => {
  const rows = [
    { model: 'a', right: 90 },
    { model: 'b', right: 45 },
    { model: 'c', right: null },
    { model: 'd', right: -30 },
  ];
  const svg = svgOf(charts.bars(rows, { x: 'model', y: 'right', unit: '%' }));
  const elements = elementsOfPicture(svg);
  const [a = 0, b = 0, d = 0] = named(elements, 'rect').map((bar) => numberAt(bar, 'width'));
  assert.ok(Math.abs(a / b - 2) < 0.01 && Math.abs(a / d - 3) < 0.01, `${a} ${b} ${d}`);
  assert.equal(tooltipsOf(elements), ['a: right 90 %', 'b: right 45 %', 'd: right -30 %']);
  for (const wanted of ['90 %', '45 %', '–', '-30 %', '0 %']) assert.ok(textsOf(svg).includes(wanted), wanted);
});

test('a histogram has every value in a bin, or says how many are far off', () => {
  const values = Array.from({ length: 1000 }, (_, at) => 1 + (at % 100) / 100);
  const of = (given: readonly number[]) => {
    const elements = elementsOfPicture(svgOf(charts.histogram(given, { unit: 'ms', marks: { p50: 1.5 } })));
    return { elements, counted: tooltipsOf(elements).map((text) => Number(text.split(': ')[1])) };
  };
  const near = of(values);
  assert.is(
    near.counted.reduce((sum, count) => sum + count),
    1000,
  );
  const far = of([...values, 90, 100]);
  assert.is(
    far.counted.reduce((sum, count) => sum + count),
    1000,
  );
  const texts = textsOf(svgOf(charts.histogram([...values, 90, 100], { unit: 'ms', marks: { p50: 1.5 } })));
  assert.ok(texts.includes('how many of 1 002; 2 beyond 2 ms, up to 100 ms, not drawn'), texts.join('|'));
  assert.ok(texts.includes('p50 1.5 ms'));
  const asked = elementsOfPicture(svgOf(charts.histogram([...values, 90, 100], { bins: 10 })));
  assert.is(
    tooltipsOf(asked).reduce((sum, text) => sum + Number(text.split(': ')[1]), 0),
    1002,
    'all, when bins are wanted',
  );
});

test('parts of a split are as wide as their shares, which are made of any numbers', () => {
  const elements = elementsOfPicture(svgOf(charts.split({ v1: 9, v2: 1 })));
  assert.equal(tooltipsOf(elements), ['v1 90 %', 'v2 10 %']);
  const [v1 = 0, v2 = 0] = named(elements, 'rect')
    .filter(({ children }) => children.length > 0)
    .map((part) => numberAt(part, 'width') + 1);
  assert.ok(Math.abs(v1 / v2 - 9) < 0.01, `${v1} ${v2}`);
  assert.is(charts.split({ v1: 0.9, v2: 0.1 }).text(look).split('\n').length, 2);
  assert.match(charts.split({ v1: 0.9, v2: 0.1 }).text(look), /^ {2}v1 {2}█{27} {4} 90 %\n {2}v2 {2}███ +10 %$/);
});

test('in a terminal few points have a row each, many are columns', () => {
  assert.is(
    charts.lines(SWEEP, { x: 'batch', y: 'rps', unit: '/s' }).text({ colors: false, columns: 30 }),
    'batch  rps\n1      ██▏               400/s\n2      ████▎             800/s\n8      ██████████████  2 600/s',
  );
  const many = Array.from({ length: 100 }, (_, x) => ({ x, y: x % 10 }));
  assert.match(charts.lines(many, { x: 'x', y: 'y' }).text(look), /^y by x, 0 to 99\n9 ┤.*█/);
});

test('in a terminal what is below 0 is to the left of it, or below the axis is named', () => {
  const bars = charts.bars(
    [2, -3, 0, null].map((n, at) => ({ who: `v${at}`, n })),
    { x: 'who', y: 'n' },
  );
  assert.equal(bars.text(look).split('\n').slice(1), [
    'v0                          │████████████████   2',
    'v1   ███████████████████████│                  -3',
    'v2                          │                   0',
    'v3                          │                   –',
  ]);
  const points = Array.from({ length: 20 }, (_, at) => ({ at, s: at === 3 ? null : at - 10 }));
  const rows = charts.lines(points, { x: 'at', y: 's' }).text(look).split('\n');
  assert.is(rows[1]?.slice(0, 3), '  9');
  assert.match(rows.at(-1) ?? '', /^-10 ┤▁▃▅ █{16}$/, 'the least is seen, a gap is one');
  const below = charts.lines(
    points.map(({ at }) => ({ at, s: -5 })),
    { x: 'at', y: 's' },
  );
  assert.match(below.text(look), /^ 0 ┤\n.*\n[\s\S]*^-5 ┤▁{20}$/m);
});

test('what a user names cannot end the picture, nor the line of a terminal', () => {
  const evil = '<script>alert(1)</script>"\'&\u0000\u001b[31m\ud800\n]]>';
  const rows = [{ [evil]: evil, n: 1 }];
  for (const shown of [
    charts.lines(rows, { x: evil, y: 'n', title: evil, unit: evil }),
    charts.bars(rows, { x: evil, y: 'n', title: evil, unit: evil }),
    charts.histogram([1], { title: evil, unit: evil, marks: { [evil]: 1 } }),
    charts.split({ [evil]: 1 }, { title: evil }),
  ]) {
    elementsOfPicture(svgOf(shown));
    assert.not.ok(svgOf(shown).includes('<script'));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    assert.not.match(shown.text(look), /[\x00\x1b]/);
  }
});

const BAD: readonly (readonly [draw: () => unknown, said: RegExp])[] = [
  [() => charts.lines([], { x: 'a', y: 'b' }), /chart\.lines got no rows; there is nothing to draw/],
  [() => charts.lines(5 as never, { x: 'a', y: 'b' }), /wants a list of rows like .*, got 5/],
  [() => charts.lines([1] as never, { x: 'a', y: 'b' }), /row 0 of chart\.lines must be an object like .*, got 1/],
  [
    () => charts.lines(SWEEP, { x: 'bach', y: 'rps' } as never),
    /has 'bach' \(x\); there are 'batch', 'rps', 'p50', 'p95'/,
  ],
  [() => charts.lines(SWEEP, { x: 'batch', y: ['rps', 'p99'] } as never), /has 'p99' \(y\); there are/],
  [() => charts.lines(SWEEP, { x: 'batch', y: [] }), /y of chart\.lines names nothing; there are 'batch'/],
  [() => charts.lines(SWEEP, { x: 'batch' } as never), /y of chart\.lines must be a name, got undefined; there are/],
  [() => charts.lines(SWEEP, { x: 'batch', y: ['rps', 'rps'] }), /names 'rps' twice/],
  [() => charts.lines([{ a: 1, b: 'x' }], { x: 'a', y: 'b' }), /'b' of row 0 .* must be a number, got 'x'/],
  [
    () => charts.lines([{ a: 1, b: Infinity }], { x: 'a', y: 'b' }),
    /'b' of row 0 .* must be a number up to 1e\+100, got Infinity/,
  ],
  [
    () =>
      charts.lines(
        [
          { a: 1, b: 1 },
          { a: 'x', b: 1 },
        ],
        { x: 'a', y: 'b' },
      ),
    /'a' of row 1 .* must be a number, got 'x'/,
  ],
  [() => charts.lines([{ a: Number.NaN, b: 1 }], { x: 'a', y: 'b' }), /'a' of row 0 .* is NaN, and x has no gaps/],
  [
    () => charts.lines([{ a: 0, b: 1 }], { x: 'a', y: 'b', log: 'x' }),
    /'a' \(x\) must be > 0 everywhere, got 0; leave out log/,
  ],
  [
    () => charts.lines(SWEEP, { x: 'batch', y: 'rps', log: true } as never),
    /log of .* must be 'x', 'y' or 'xy', got true/,
  ],
  [
    () => charts.lines(SWEEP, { x: 'batch', y: 'rps', tilte: 'x' } as never),
    /has no option 'tilte'; there are 'x', 'y', 'log'/,
  ],
  [() => charts.lines(SWEEP, { x: 'batch', y: 'rps', title: 5 } as never), /title of .* must be a text, got 5/],
  [() => charts.lines(SWEEP, 'rps' as never), /the options of chart\.lines must be an object, got 'rps'/],
  [
    () =>
      charts.bars(
        Array.from({ length: 81 }, (_, a) => ({ a })),
        { x: 'a', y: 'a' },
      ),
    /at most 80 bars, got 81; chart\.lines/,
  ],
  [() => charts.histogram([]), /chart\.histogram got no values/],
  [() => charts.histogram([1, null] as never), /value 1 of chart\.histogram must be a number, got null/],
  [() => charts.histogram([1], { bins: 0 }), /bins of .* must be a whole number from 1 to 200, got 0/],
  [() => charts.histogram([1], { marks: { p50: 'x' } } as never), /the mark 'p50' of .* must be a number, got 'x'/],
  [() => charts.split({}), /must have a sum > 0, got \{\}/],
  [() => charts.split({ v1: -1, v2: 2 }), /the share of 'v1' must be >= 0, got -1/],
];

for (const [draw, said] of BAD) {
  test(`what cannot be drawn is refused: ${said.source}`, () => {
    try {
      draw();
    } catch (error) {
      assert.instance(error, ServeError);
      assert.is((error as ServeError).code, 'INVALID_ARGUMENT');
      assert.match((error as ServeError).message, said);
      return;
    }
    assert.unreachable('it was drawn');
  });
}

test('whatever the numbers and names, the picture is one, and the text fits', () => {
  const value = fc.oneof(
    fc.integer({ min: -1000, max: 1000 }),
    fc.double({ min: -1e100, max: 1e100, noNaN: true }),
    fc.double({ min: -1, max: 1, noNaN: true }),
    fc.constantFrom(null, Number.NaN, 0, -0, 5e-324),
  );
  const name = fc.string({ unit: 'binary', maxLength: 20 });
  const rows = fc.array(fc.record({ x: fc.double({ min: -1e9, max: 1e9, noNaN: true }), a: value, b: value }), {
    ...{ minLength: 1, maxLength: 50 },
  });
  const check = (shown: Shown<unknown>): void => {
    elementsOfPicture(svgOf(shown));
    assert.not.match(JSON.stringify(shown[DISPLAY]()['application/vnd.vegalite.v5+json']), /undefined/);
    for (const columns of [40, 80]) {
      for (const line of shown.text({ colors: false, columns }).split('\n')) {
        assert.ok(widthOf(line) <= columns, `${widthOf(line)} of ${columns}: ${line}`);
      }
    }
  };
  fc.assert(
    fc.property(rows, name, fc.constantFrom('', 'ms', 'B', '%', '/s'), (given, title, unit) => {
      check(charts.lines(given, { x: 'x', y: ['a', 'b'], title, unit }));
      check(charts.bars(given.slice(0, 20), { x: 'x', y: ['a', 'b'], title, unit }));
      const numbers = given.flatMap(({ a }) => (a === null || Number.isNaN(a) ? [] : [a]));
      if (numbers.length > 0) check(charts.histogram(numbers, { title, unit, marks: { [title]: numbers[0] ?? 0 } }));
      const shares = Object.fromEntries(given.map(({ x }, at) => [`${title}${at}`, Math.abs(x) + 1]));
      check(charts.split(shares, { title }));
    }),
    { numRuns: 150 },
  );
});

test('a hundred thousand rows are drawn by those that are seen, and no peak is lost', () => {
  const rows = Array.from({ length: 100_000 }, (_, x) => ({ x, y: x === 77_777 ? 500 : Math.sin(x / 1000) }));
  const shown = charts.lines(rows, { x: 'x', y: 'y' });
  assert.ok(svgOf(shown).length < 30_000, `${svgOf(shown).length} characters`);
  assert.match(elementsOfPicture(svgOf(shown)).find(({ name }) => name === 'desc')?.text ?? '', /y from -1 to 500/);
  assert.is(shown.data.length, 100_000);
});

test('a Vega-Lite chart has its data, its channels and fields that are in the data', () => {
  const specOf = (shown: Shown<unknown>) => shown[DISPLAY]()['application/vnd.vegalite.v5+json'] as Spec;
  for (const shown of [
    charts.lines(SWEEP, { x: 'batch', y: ['p50', 'p95'], unit: 'ms', log: 'x' }),
    charts.bars(SWEEP, { x: 'batch', y: 'rps' }),
    charts.histogram([1, 2, 3, 4], { marks: { p50: 2 } }),
    charts.split({ v1: 0.9, v2: 0.1 }),
  ]) {
    const spec = specOf(shown);
    assert.is(spec.$schema, 'https://vega.github.io/schema/vega-lite/v5.json');
    const units = 'layer' in spec ? (spec.layer as Spec[]) : [spec];
    for (const { data, mark, encoding } of units) {
      assert.ok(['line', 'bar', 'rule', 'text'].includes(mark.type));
      for (const [channel, { field, type }] of Object.entries(encoding)) {
        assert.ok(['x', 'x2', 'y', 'yOffset', 'color', 'opacity', 'text'].includes(channel), channel);
        assert.ok(
          data.values.every((row) => field in row),
          field,
        );
        if (channel !== 'x2') assert.ok(['quantitative', 'nominal', 'ordinal'].includes(type), `${channel}: ${type}`);
      }
    }
  }
  const values = specOf(charts.lines(SWEEP, { x: 'batch', y: 'rps' })).data.values;
  assert.equal(
    values.map(({ x, y }) => [x, y]),
    [
      [1, 400],
      [2, 800],
      [8, 2600],
    ],
  );
});

interface Spec {
  readonly $schema: string;
  readonly layer?: unknown;
  readonly data: { readonly values: readonly Readonly<Record<string, unknown>>[] };
  readonly mark: { readonly type: string };
  readonly encoding: Readonly<Record<string, { readonly field: string; readonly type: string }>>;
}

test.run();
