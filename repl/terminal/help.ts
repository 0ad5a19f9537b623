/** `.help`. */
import { COMMANDS, type CommandEntry, GROUPS } from '../commands/table.ts';
import { paint } from '../display/paint.ts';

/** Of the prompt itself. */
const OWN: readonly (readonly [name: string, about: string])[] = [
  ['.editor', 'several lines, to Ctrl+D'],
  ['.top', 'everything alive on one screen; q comes back'],
  ['.clear', 'clear the screen'],
  ['.exit', 'leave; Ctrl+D does the same'],
  ['x?  x??', 'what x is; its source, and where it runs'],
  ['Tab', 'completes names, endpoints, config keys, fields'],
  ['Ctrl+C', 'stops what runs; all that is defined is kept'],
  ['Ctrl+R', 'searches what was typed before'],
];

export function helpText(colors: boolean): string {
  const look = { colors, columns: 80 };
  const entries = Object.entries<CommandEntry>(COMMANDS);
  const groups = Object.entries(GROUPS).map(([group, title]): [string, (readonly [string, string])[]] => [
    title,
    entries
      .filter(([, entry]) => entry.group === group)
      .map(([name, { usage, about }]) => [`.${name} ${usage}`.trimEnd(), about]),
  ]);
  const all = [...groups.filter(([, lines]) => lines.length > 0), ['Prompt', OWN] as const];
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
