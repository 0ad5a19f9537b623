/** Does its work with the packages of a directory, and prints the answers. */
import { isClass } from '../../lib/shipping/callable.ts';
import { resolveFrom } from '../../lib/shipping/module-directory.ts';
import { revive } from '../../lib/shipping/revive.ts';
import type { Job, Outcome, Work } from './environments.ts';

type Constructor = new (...args: readonly unknown[]) => { call(): unknown };

const { directory, home, jobs } = JSON.parse(process.argv[2] ?? '') as Work;
if (directory !== null) resolveFrom(directory, home);
const serve = await import('../../lib/index.ts');
const outcomes: Outcome[] = [];
for (const job of jobs) outcomes.push(await run(job));
console.log(JSON.stringify(outcomes));

async function run({ shipment, initArgs = [] }: Job): Promise<Outcome> {
  try {
    const { target } = await revive(shipment, { serve, part: () => null });
    if (isClass(target)) return { value: await new (target as unknown as Constructor)(...initArgs).call() };
    return { value: await (target as () => unknown)() };
  } catch (thrown) {
    const { code, message } = thrown as Error & { code?: string };
    return { error: code === undefined ? { message } : { code, message } };
  }
}
