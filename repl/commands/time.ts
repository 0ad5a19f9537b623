import { type Command, usageError } from './command.ts';
import { drive, expressionOf, type Work, workText } from './timed-work.ts';
import { preciseText } from './units.ts';

const USAGE = 'time <expression>';

export const command: Command<[work: Work]> = {
  parse: (_, line) => {
    const expression = expressionOf(line);
    if (expression === '') throw usageError(USAGE, 'the expression is missing');
    return [expression];
  },
  call: (work) => `await show.time(${workText(work)})`,
  run: async (context, work) => {
    if (typeof work !== 'function' && typeof work !== 'string') throw usageError(USAGE, 'a function is wanted');
    const { value, ms } = await drive(context, work, async (run) => {
      const startedAt = performance.now();
      const found = await run();
      return { value: found, ms: performance.now() - startedAt };
    });
    context.print(`${preciseText(ms)}\n`);
    return value;
  },
};
