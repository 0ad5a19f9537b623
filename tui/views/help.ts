/** Every key, from the table that they work by. */
import { COMMANDS } from '../actions/read.ts';
import { type Line, line, span } from '../frame/line.ts';
import { block, panel } from '../frame/panel.ts';
import { BINDINGS, type Group } from '../ui/bindings.ts';
import type { Area, Scene } from './scene.ts';

const GROUPS: readonly Group[] = ['Go', 'List', 'Look', 'Change', 'Screen'];

export function helpView({ ui, look }: Scene, area: Area): Line[] {
  const inside = area.columns - 4;
  const half = Math.floor(inside / 2);
  const keys = GROUPS.flatMap((group): Line[] => [
    line(span(` ${group}`, 'plain', true)),
    ...BINDINGS.filter((binding) => binding.group === group).map(({ shown, about }) =>
      line(span(`  ${shown.padEnd(10)}`, 'info'), about),
    ),
    [],
  ]);
  const commands: Line[] = [
    line(span(' Commands, after :', 'plain', true)),
    ...COMMANDS.flatMap(({ usage, about }) => [line(span(`  ${usage}`, 'info')), line(`      ${about}`)]),
    [],
    line(span(' Colours and words', 'plain', true)),
    line('  Each colour stands next to a word or a'),
    line('  glyph that says the same.'),
  ];
  const isTwo = half >= 50;
  const rows = Math.max(keys.length, commands.length);
  const lines = isTwo
    ? Array.from({ length: rows }, (_, at) => [
        ...block([keys[at] ?? []], half, 1, look).flat(),
        ...(commands[at] ?? []),
      ])
    : [...keys, ...commands];
  const most = Math.max(0, lines.length - (area.rows - 2));
  const first = Math.min(ui.scrolled, most);
  const note = most === 0 ? 'Esc closes' : `${look.glyphs.arrows} more   Esc closes`;
  return panel({ title: 'Keys', note, ...area, tone: 'info' }, lines.slice(first), look);
}
