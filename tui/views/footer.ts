/** The last line: what is typed, what has just been done, or the keys that work here. */
import { type Line, line, lineWidth, type Span, span } from '../frame/line.ts';
import { ends } from '../frame/panel.ts';
import { durationText } from '../frame/units.ts';
import { BINDINGS } from '../ui/bindings.ts';
import type { Context } from '../ui/context.ts';
import type { Scene } from './scene.ts';

export function footer(scene: Scene, context: Context): Line {
  const { ui, columns, look, now } = scene;
  if (ui.typing?.kind === 'filter') {
    const hint = span('  Enter keeps it  Esc gives it up', 'dim');
    return ends(
      [span(' /', 'info', true), { text: ui.typing.text }, { text: ' ', inverse: true }, hint],
      [],
      columns,
      look,
    );
  }
  if (ui.notice !== null && ui.notice.until > now) {
    const { text, tone } = ui.notice;
    return ends(line(span(` ${text}`, tone)), [], columns, look);
  }
  if (ui.busy !== null) {
    const waits = `${ui.busy.title}: no answer for ${durationText(now - ui.busy.since)}   Esc waits no longer`;
    return ends(line(span(` ${waits}`, 'info')), [], columns, look);
  }
  // What is open says itself which keys it has.
  if (ui.asking !== null || ui.failure !== null || ui.typing !== null || ui.isHelpShown)
    return ends([], [], columns, look);
  const { phase, status } = scene.live;
  if (phase.type === 'lost' && status !== null) {
    const start = `servelab start --detached${scene.name === 'default' ? '' : ` --name ${scene.name}`}`;
    return ends(
      line(span(` ${phase.reason.replaceAll('\n', ' ')}`, 'warn'), span(`   r tries now   ${start}`, 'info')),
      [],
      columns,
      look,
    );
  }
  return ends(keys(context, columns), [], columns, look);
}

/** Those there is room for; `?` always. */
function keys(context: Context, columns: number): Line {
  const shown = BINDINGS.filter(({ short, isFor }) => short !== undefined && (isFor === undefined || isFor(context)));
  const items = shown.map(({ keys: [key], shown: name, short }) => ({
    key,
    spans: [span(` ${name}`, 'info', true), span(` ${short} `, 'dim')],
  }));
  const room = (): number => items.reduce((sum, { spans }) => sum + lineWidth(spans), 0);
  while (room() > columns && items.length > 1) {
    const last = items.findLastIndex(({ key }) => key !== '?' && key !== 'q');
    items.splice(Math.max(0, last), 1);
  }
  return items.flatMap(({ spans }): readonly Span[] => spans);
}
