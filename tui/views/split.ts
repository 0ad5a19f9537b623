/** How an endpoint's queries are split: a bar with its legend, and one below it for the copies that shadows get. */
import { fillOf, seriesOf, splitBar } from '../frame/bars.ts';
import { fitLine, type Line, lineWidth, type Span, span } from '../frame/line.ts';
import type { Look } from '../frame/look.ts';
import { percentText } from '../frame/units.ts';
import type { EndpointRow, SplitPart } from '../model/rows.ts';

const INDENT = 2;

export function splitLines(
  { traffic, shadows }: Pick<EndpointRow, 'traffic' | 'shadows'>,
  columns: number,
  look: Look,
): Line[] {
  const width = Math.max(10, Math.min(40, Math.floor(columns * 0.4)));
  const short = shortNames([...traffic, ...shadows].map(({ tag }) => tag));
  const bar = [...splitBar(trafficParts(traffic, look), width, look.glyphs.empty), span('  ')];
  const whole = [...bar, ...legend(traffic, short, look)];
  // What it got stands in the table of its backends, too.
  const isTooLong = INDENT + lineWidth(whole) > columns;
  const without = traffic.map((part) => ({ ...part, got: null }));
  const lines: Line[] = [isTooLong ? [...bar, ...legend(without, short, look)] : whole];
  if (shadows.length > 0) lines.push(shadowLine(shadows, short, width, look));
  return lines.map((one) => fitLine([{ text: ' '.repeat(INDENT) }, ...one], columns, look.glyphs.mark));
}

export const trafficParts = (traffic: readonly Pick<SplitPart, 'share'>[], { glyphs }: Look) =>
  traffic.map(({ share }, at) => ({ share, fill: fillOf(glyphs, at), tone: seriesOf(at) }));

/** `█ v1 80% got 79.6%  ▓ v2 20% (0/1 ready) got 20.4%`: what does not run as it should is said where its share is. */
function legend(parts: readonly SplitPart[], short: ReadonlyMap<string, string>, { glyphs }: Look): Span[] {
  return parts.flatMap(({ tag, share, got, running, target }, at) => [
    span(at === 0 ? '' : '  '),
    span(`${fillOf(glyphs, at)} `, seriesOf(at)),
    span(`${short.get(tag) ?? tag} ${percentText(share)}`),
    ...(running < target || target === 0
      ? [span(` (${running}/${target} ready)`, running === 0 && share > 0 ? 'bad' : 'warn')]
      : []),
    ...(got === null ? [] : [span(` got ${percentText(got)}`, 'dim')]),
  ]);
}

/** No part of the 100 %: a bar of its own for the first one, as long as its proportion, and all of them by name. */
function shadowLine(
  shadows: readonly SplitPart[],
  short: ReadonlyMap<string, string>,
  width: number,
  { glyphs }: Look,
): Line {
  const largest = Math.max(...shadows.map(({ share }) => share));
  const bar = splitBar([{ share: largest, fill: glyphs.shadow, tone: 'dim' }], width, ' ');
  const names = shadows.map(({ tag, share }) => `${short.get(tag) ?? tag} ${percentText(share)}`).join(', ');
  return [...bar, span('  '), span(`${glyphs.shadow} shadow ${names}`, 'dim'), span('  answers dropped', 'dim')];
}

/** Tags without what all of them begin with: `resnet:v1` and `resnet:v2` are v1 and v2, if that tells them apart. */
export function shortNames(tags: readonly string[]): ReadonlyMap<string, string> {
  const prefixes = new Set(tags.map((tag) => /^.*[:._-](?=[^:._-]+$)/.exec(tag)?.[0] ?? ''));
  const [prefix = ''] = prefixes;
  const isCommon = prefixes.size === 1 && tags.length > 1;
  return new Map(tags.map((tag) => [tag, isCommon ? tag.slice(prefix.length) : tag]));
}
