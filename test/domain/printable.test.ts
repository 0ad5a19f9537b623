import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { escapeControls } from '../../lib/domain/printable.ts';

const test = suite('printable');

test('what could forge, colour or reorder a line is shown as an escape, the rest as it is', () => {
  const cases: [string, string][] = [
    ['plain ünïcode 模型 🙂 \\n', 'plain ünïcode 模型 🙂 \\n'],
    ['a\r\n\tb', 'a\\r\\n\\tb'],
    ['\u001b[31m\u007f\u009b', '\\u{1b}[31m\\u{7f}\\u{9b}'],
    ['\u2028\u2029\u202e\u200b\ufeff', '\\u{2028}\\u{2029}\\u{202e}\\u{200b}\\u{feff}'],
    ['\ud800x', '\\u{d800}x'],
  ];
  for (const [text, shown] of cases) assert.is(escapeControls(text), shown);
});

test.run();
