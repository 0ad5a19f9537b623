import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MarkedLines } from '../../lib/replica/marked-lines.ts';

const test = suite('marked lines');

const MIB = 1024 * 1024;

/** What is passed on for each of these, and at the end. */
function passed(...chunks: (string | Uint8Array)[]): readonly string[] {
  const lines = new MarkedLines('model#1');
  return [...chunks.map((chunk) => lines.take(Buffer.from(chunk)).toString()), lines.end().toString()];
}

const CASES: readonly (readonly [what: string, chunks: readonly string[], passed: readonly string[]])[] = [
  ['a line', ['hello\n'], ['model#1 | hello\n', '']],
  ['each line of a chunk', ['a\n\nb\n'], ['model#1 | a\nmodel#1 | \nmodel#1 | b\n', '']],
  ['a line in pieces, once', ['he', 'll', 'o\n'], ['', '', 'model#1 | hello\n', '']],
  ['a line end that comes alone', ['hello', '\n', '\n'], ['', 'model#1 | hello\n', 'model#1 | \n', '']],
  ['the beginning of the next line', ['a\nb', 'c\n'], ['model#1 | a\n', 'model#1 | bc\n', '']],
  ['what has no end', ['a\nb'], ['model#1 | a\n', 'model#1 | b\n']],
  ['nothing', ['', ''], ['', '', '']],
];

for (const [what, chunks, wanted] of CASES) {
  test(`${what} is marked`, () => assert.equal(passed(...chunks), wanted));
}

test('a character that is cut between two chunks stays whole', () => {
  const bytes = Buffer.from('… ü\n');
  assert.equal(passed(bytes.subarray(0, 1), bytes.subarray(1)), ['', 'model#1 | … ü\n', '']);
});

test('what was ended goes on in a line of its own', () => {
  const lines = new MarkedLines('m#1');
  lines.take(Buffer.from('loading'));
  assert.is(lines.end().toString(), 'm#1 | loading\n');
  assert.is(lines.end().toString(), '');
  assert.is(lines.take(Buffer.from(' done\n')).toString(), 'm#1 |  done\n');
});

test('a line without an end is kept up to a bound', () => {
  const lines = new MarkedLines('m#1');
  const piece = Buffer.alloc(MIB / 2, 'x');
  assert.is(lines.take(piece).length + lines.take(piece).length, 0);
  assert.is(lines.take(Buffer.from('y\n')).length, 'm#1 | '.length + MIB + 2, 'its end came in time');
  lines.take(piece);
  lines.take(piece);
  assert.is(lines.take(Buffer.from('z')).toString(), `m#1 | ${'x'.repeat(MIB)}z\n`);
  assert.is(lines.end().length, 0);
});

test('of any lines in any pieces each comes out once, whole and marked', () => {
  const text = fc.array(fc.stringMatching(/^[aé ]{0,5}$/), { maxLength: 30 });
  const sizes = fc.infiniteStream(fc.integer({ min: 1, max: 12 }));
  fc.assert(
    fc.property(text, sizes, (lines, lengths) => {
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length; ) {
        const end = at + lengths.next().value;
        chunks.push(bytes.subarray(at, end));
        at = end;
      }
      assert.is(passed(...chunks).join(''), lines.map((line) => `model#1 | ${line}\n`).join(''));
    }),
  );
});

test.run();
