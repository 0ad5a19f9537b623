import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { widthOf } from '../../../tui/frame/width.ts';
import { wrap } from '../../../tui/frame/wrap.ts';

const test = suite('wrap');

test('between words where there is room, within one that is too long', () => {
  assert.equal(wrap('no room for all of it', 9), ['no room', 'for all', 'of it']);
  assert.equal(wrap('abcdefghij k', 4), ['abcd', 'efgh', 'ij k']);
  assert.equal(wrap('', 4), ['']);
});

test('no line is too wide, and nothing is lost', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 2, max: 40 }), (given, columns) => {
      const text = given.replace(/[\r\n\t]/g, '').replace(/ +/g, ' ');
      const lines = wrap(text, columns);
      assert.ok(lines.every((line) => widthOf(line) <= columns));
      assert.is(lines.join('').replaceAll(' ', ''), text.replaceAll(' ', ''));
    }),
  );
});

test.run();
