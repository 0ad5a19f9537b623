/** `.help`. */
import { helpText as commandHelp, type HelpLine } from '../commands/help.ts';

/** Of the prompt itself. */
const OWN: readonly HelpLine[] = [
  ['.editor', 'several lines, to Ctrl+D'],
  ['.top', 'everything alive on one screen; q comes back'],
  ['.clear', 'clear the screen'],
  ['.exit', 'leave; Ctrl+D does the same'],
  ['x?  x??', 'what x is; its source, and where it runs'],
  ['Tab', 'completes names, endpoints, config keys, fields'],
  ['Ctrl+C', 'stops what runs; all that is defined is kept'],
  ['Ctrl+R', 'searches what was typed before'],
];

export const helpText = (colors: boolean): string => commandHelp({ colors, columns: 80 }, [['Prompt', OWN]]);
