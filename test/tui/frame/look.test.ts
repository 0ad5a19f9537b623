import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { toAnsi } from '../../../tui/frame/ansi.ts';
import { line, span, type Tone } from '../../../tui/frame/line.ts';
import { ASCII, colorOf, type Look, resolveLook, UNICODE } from '../../../tui/frame/look.ts';

const test = suite('look');

const UTF8 = { LANG: 'C.UTF-8', TERM: 'xterm-256color' };

test('a terminal of 256 colours has them, and a dark theme', () => {
  assert.equal(resolveLook({ colors: true }, UTF8), { depth: 256, theme: 'dark', glyphs: UNICODE });
});

for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }, { FORCE_COLOR: '0' }]) {
  test(`${JSON.stringify(env)} takes the colours away`, () => {
    assert.is(resolveLook({ colors: true }, { ...UTF8, ...env }).depth, 'none');
  });
}

test('where there is no terminal there are no colours, unless they are forced', () => {
  assert.is(resolveLook({ colors: null }, UTF8).depth, 'none');
  assert.is(resolveLook({ colors: null }, { ...UTF8, FORCE_COLOR: '3' }).depth, 256);
});

test('the console of Linux has sixteen', () => {
  assert.is(resolveLook({ colors: true }, { ...UTF8, TERM: 'linux' }).depth, 16);
});

test('a locale that is not UTF-8 gets ASCII, which can be asked for, too', () => {
  assert.is(resolveLook({ colors: true }, { ...UTF8, LANG: 'C' }).glyphs, ASCII);
  assert.is(resolveLook({ colors: true }, { ...UTF8, LC_ALL: 'POSIX' }).glyphs, ASCII);
  assert.is(resolveLook({ colors: true, ascii: true }, UTF8).glyphs, ASCII);
});

test('a light background is recognised where the terminal tells of it', () => {
  assert.is(resolveLook({ colors: true }, { ...UTF8, COLORFGBG: '0;15' }).theme, 'light');
  assert.is(resolveLook({ colors: true }, { ...UTF8, COLORFGBG: '15;0' }).theme, 'dark');
  assert.is(resolveLook({ colors: true, theme: 'contrast' }, { ...UTF8, COLORFGBG: '0;15' }).theme, 'contrast');
});

test('ASCII is ASCII', () => {
  assert.match(Object.values(ASCII).flat().join(''), /^[\x20-\x7e]+$/);
});

test('good, warning and bad have three different colours in every theme', () => {
  for (const theme of ['dark', 'light', 'contrast'] as const) {
    for (const depth of [16, 256] as const) {
      const look: Look = { depth, theme, glyphs: UNICODE };
      const tones: readonly Tone[] = ['ok', 'warn', 'bad', 'info', 'dim'];
      assert.is(new Set(tones.map((tone) => colorOf(tone, look))).size, tones.length, `${theme} ${depth}`);
    }
  }
});

test('the default colours of the terminal are never set', () => {
  assert.is(toAnsi(line('plain'), resolveLook({ colors: true }, UTF8)), 'plain');
});

test('a line ends without a style, and neighbours of the same style have one escape', () => {
  const ansi = toAnsi(line(span('a', 'ok'), span('b', 'ok'), 'c'), resolveLook({ colors: true }, UTF8));
  assert.is(ansi, '\x1b[38;5;37mab\x1b[0mc');
});

test('without colours bold and inverse stay', () => {
  const look = resolveLook({ colors: true }, { ...UTF8, NO_COLOR: '1' });
  assert.is(toAnsi([{ text: 'x', tone: 'bad', bold: true, inverse: true }], look), '\x1b[1;7mx\x1b[0m');
  assert.is(toAnsi([span('x', 'bad')], look), 'x');
});

test.run();
