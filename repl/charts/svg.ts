/**
 * Parts of an SVG as text. All that is said stands in attributes: pages that clean what they show, as GitHub's do, take
 * styles, scripts and HTML out.
 */
import { escapeHtml } from '../display/html-escape.ts';
import { colorOf, INK } from './palette.ts';

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** `children`: SVG already. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const given = Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? numberText(value) : escapeXml(String(value))}"`);
  const inner = children.join('');
  return inner === '' ? `<${name}${given.join('')}/>` : `<${name}${given.join('')}>${inner}</${name}>`;
}

/** What XML cannot hold at all, as control characters and halves of pairs, is shown as what it is: no character. */
export const escapeXml = (text: string): string =>
  escapeHtml(
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are meant
      .replaceAll(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]/g, '\ufffd')
      .replaceAll(/\s/g, ' '),
  );

/** To a hundredth of a pixel. */
export const numberText = (value: number): string => String(Math.round(value * 100) / 100 || 0);

export interface TextGiven {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly color?: string;
  readonly size?: number;
  readonly weight?: 'bold';
}

export const SMALL = 11;
export const NORMAL = 12;

/** `more`: SVG already, behind the text. */
export const textAt = (x: number, y: number, text: string, given: TextGiven = {}, more = ''): string =>
  element(
    'text',
    {
      ...{ x, y, fill: given.color ?? INK, 'text-anchor': given.anchor === 'start' ? undefined : given.anchor },
      ...{ 'font-size': given.size ?? NORMAL, 'font-weight': given.weight },
    },
    escapeXml(text),
    more,
  );

/** What a pointer that rests on it is told. */
export const tooltip = (text: string): string => element('title', {}, escapeXml(text));

/** Of a legend. */
export const swatch = (x: number, y: number, at: number): string =>
  element('rect', { x, y: y - 9, width: 10, height: 10, rx: 2, fill: colorOf(at) });

export const line = (x1: number, y1: number, x2: number, y2: number, opacity: number): string =>
  element('line', { x1, y1, x2, y2, stroke: INK, 'stroke-opacity': opacity, 'stroke-width': 1 });
