/** `.help`: what the others are. */
import { paint } from '../display/paint.ts';
import { Shown } from '../display/shown.ts';
import type { Look } from '../session/protocol.ts';
import type { Command } from './command.ts';
import { requireNoMore } from './flags.ts';
import { COMMANDS, type CommandEntry, GROUPS } from './table.ts';

export type HelpLine = readonly [words: string, about: string];
/** A title, and what stands below it. */
export type HelpSection = readonly [title: string, lines: readonly HelpLine[]];

export const command: Command<[]> = {
  parse: (words) => {
    requireNoMore(words, 0, 'help');
    return [];
  },
  call: () => 'await show.help()',
  run: async () => new Shown(null, (look) => helpText(look)),
};

/** `further`: of whoever shows it. */
export function helpText(look: Look, further: readonly HelpSection[] = []): string {
  const entries = Object.entries<CommandEntry>(COMMANDS);
  const groups = Object.entries(GROUPS).map(
    ([group, title]): HelpSection => [
      title,
      entries
        .filter(([, entry]) => entry.group === group)
        .map(([name, { usage, about }]) => [`.${name} ${usage}`.trimEnd(), about]),
    ],
  );
  const all = [...groups, ...further].filter(([, lines]) => lines.length > 0);
  const width = Math.max(...all.flatMap(([, lines]) => lines.map(([words]) => words.length)).filter((n) => n <= 26));
  return all
    .map(([title, lines]) => {
      const text = lines.map(([words, about]) =>
        words.length > width ? `  ${words}\n  ${' '.repeat(width)}  ${about}` : `  ${words.padEnd(width)}  ${about}`,
      );
      return `${paint(look, 'bold', title)}\n${text.join('\n')}\n`;
    })
    .join('\n');
}
