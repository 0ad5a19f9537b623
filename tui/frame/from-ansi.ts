/** Text that was painted for a terminal, as lines: in this screen's own colours, and cut by its own rules. */
import { escapeControls } from '../../lib/index.ts';
import type { Line, Span, Tone } from './line.ts';

/** Of the foreground colours, what stands for each of them here. */
const TONES: Readonly<Record<string, Tone>> = {
  31: 'bad',
  32: 'series2',
  33: 'series1',
  34: 'series0',
  35: 'series3',
  36: 'series0',
  90: 'dim',
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const SGR = /\x1b\[([\d;]*)m/;

/** Other escapes are shown as what they are, not followed. */
export function fromAnsi(text: string): Line[] {
  let style: Omit<Span, 'text'> = {};
  return text.split('\n').map((line) =>
    line.split(SGR).flatMap((part, at): Line => {
      if (at % 2 === 1) {
        for (const code of part.split(';')) style = styled(style, code);
        return [];
      }
      return part === '' ? [] : [{ ...style, text: escapeControls(part) }];
    }),
  );
}

function styled(style: Omit<Span, 'text'>, code: string): Omit<Span, 'text'> {
  const { tone: _tone, ...plain } = style;
  const { bold: _bold, ...thin } = style;
  switch (code) {
    case '':
    case '0':
      return {};
    case '1':
      return { ...style, bold: true };
    case '2':
      return { ...style, tone: 'dim' };
    case '22':
      return style.tone === 'dim' ? {} : thin;
    case '39':
      return plain;
    default:
      return TONES[code] === undefined ? style : { ...style, tone: TONES[code] };
  }
}
