import { COMMANDS } from '../commands/table.ts';

/**
 * What is pasted is one cell, whatever its lines could be by themselves; but a line that is a command, behind what can
 * stand alone, is one.
 */
export function pastedCells(text: string, isIncomplete: (code: string) => boolean): string[] {
  const cells: string[] = [];
  let code: string[] = [];
  const endCode = (): void => {
    if (code.some((line) => line.trim() !== '')) cells.push(code.join('\n'));
    code = [];
  };
  for (const line of text.split('\n')) {
    if (!isCommand(line) || isIncomplete(code.join('\n'))) {
      code.push(line);
      continue;
    }
    endCode();
    cells.push(line);
  }
  endCode();
  return cells;
}

/** Members that go on with what stands before them mostly stand further in, or are called. */
function isCommand(line: string): boolean {
  const name = /^\.([a-z][\w-]*)(?:\s|$)/.exec(line)?.[1];
  return name !== undefined && Object.hasOwn(COMMANDS, name);
}
