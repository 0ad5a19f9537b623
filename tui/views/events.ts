import { EVENT_LEVELS, type EventLevel, escapeControls, type ServeEvent, subjectOf } from '../../lib/index.ts';
import { type Line, line, span, type Tone } from '../frame/line.ts';
import type { Glyphs } from '../frame/look.ts';
import { panel } from '../frame/panel.ts';
import { clockText, durationText, percentText } from '../frame/units.ts';
import { fit } from '../frame/width.ts';
import { parseFilter } from '../model/filter.ts';
import type { Area, Scene } from './scene.ts';

const RANKS: Readonly<Record<EventLevel, number>> = { info: 0, warning: 1, error: 2 };
const TONES: Readonly<Record<EventLevel, Tone>> = { info: 'info', warning: 'warn', error: 'bad' };
const WORDS: Readonly<Record<EventLevel, string>> = { info: 'info', warning: 'warn', error: 'error' };

const glyphOf = (level: EventLevel, glyphs: Glyphs): string =>
  level === 'error' ? glyphs.dead : level === 'warning' ? glyphs.warning : glyphs.info;

/** Those of the level and above that the filter lets through, oldest first. */
export function shownEvents({ live, ui }: Pick<Scene, 'live' | 'ui'>): ServeEvent[] {
  const text = ui.filters.events ?? '';
  if (text === '' && ui.level === 'info') return [...live.events];
  const filter = parseFilter(text);
  return live.events.filter((event) => {
    const level = EVENT_LEVELS[event.type];
    return (
      RANKS[level] >= RANKS[ui.level] &&
      filter({ subject: subjectOf(event), type: event.type, level, message: event.message })
    );
  });
}

/** `short`: the newest on top, without the words that have no room. */
export function eventsPanel(scene: Scene, area: Area, form: 'short' | 'whole', noneText = '  Reading...'): Line[] {
  const { look, ui } = scene;
  const rows = area.rows - 2;
  const events = form === 'short' ? scene.live.events : shownEvents(scene);
  const last = form === 'short' ? events.length : Math.max(Math.min(rows, events.length), events.length - ui.scrolled);
  const shown = events.slice(Math.max(0, last - rows), last);
  const ordered = form === 'short' ? shown.reverse() : shown;
  const lines = ordered.map((event) => eventLine(event, scene, form));
  const filter = ui.filters.events ?? '';
  const none = [
    [],
    [span(events.length === 0 && scene.live.events.length > 0 ? '  Nothing matches.' : noneText, 'dim')],
  ];
  const notes = [
    filter === '' ? '' : `/${filter}`,
    `${WORDS[ui.level]} and above`,
    last < events.length ? `${events.length - last} newer` : 'following',
  ];
  const note = form === 'short' ? '' : notes.filter((part) => part !== '').join('  ');
  return panel(
    { title: 'Events', note, ...area, tone: form === 'whole' ? 'info' : 'dim' },
    lines.length === 0 ? none : lines,
    look,
  );
}

function eventLine(event: ServeEvent, { now, look, columns }: Scene, form: 'short' | 'whole'): Line {
  const level = EVENT_LEVELS[event.type];
  const { glyphs } = look;
  const at = Date.parse(event.at);
  const age = durationText(now - at).padStart(6);
  const message = messageOf(event);
  if (form === 'short')
    return line(span(` ${glyphOf(level, glyphs)} `, TONES[level]), span(`${age}  `, 'dim'), message);
  const head = [
    span(` ${glyphOf(level, glyphs)} ${WORDS[level].padEnd(5)} `, TONES[level]),
    span(`${clockText(at)} `, 'dim'),
  ];
  if (columns < 100) return [...head, { text: ` ${message}` }];
  const subject = fit(subjectOf(event), 18, 'left', glyphs.mark);
  const author = 'author' in event ? span(`  ${escapeControls(event.author)}`, 'dim') : '';
  return line(
    ...head,
    span(`${age}  `, 'dim'),
    `${subject}  `,
    span(`${event.type.padEnd(18)} `, 'dim'),
    message,
    author,
  );
}

/** Users' own words are in it: they must not drive the terminal. */
function messageOf(event: ServeEvent): string {
  const revision = 'revision' in event ? `rev ${event.revision}: ` : '';
  if (event.type !== 'traffic.set') return revision + escapeControls(event.message);
  const weights = Object.entries(event.traffic).map(([tag, weight]) => `${tag} ${percentText(weight)}`);
  return `${revision}traffic of '${event.endpoint}': ${weights.join(', ')}`;
}
