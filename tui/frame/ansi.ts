import type { Line, Span } from './line.ts';
import { colorOf, type Look } from './look.ts';

const RESET = '\x1b[0m';

/** The line as a terminal takes it. Always the same bytes for the same line, so that what has not changed is not sent. */
export function toAnsi(given: Line, look: Look): string {
  let text = '';
  let current = '';
  for (const part of given) {
    if (part.text === '') continue;
    const sgr = sgrOf(part, look);
    if (sgr !== current) {
      if (current !== '') text += RESET;
      if (sgr !== '') text += `\x1b[${sgr}m`;
      current = sgr;
    }
    text += part.text;
  }
  return current === '' ? text : text + RESET;
}

/** Bold and inverse are no colours: they stay without them. */
function sgrOf({ tone = 'plain', bold, inverse }: Span, look: Look): string {
  const codes: string[] = [];
  if (bold || (look.theme === 'contrast' && tone !== 'dim' && tone !== 'plain')) codes.push('1');
  if (inverse) codes.push('7');
  const color = colorOf(tone, look);
  if (color !== null) codes.push(color);
  return codes.join(';');
}
