// A process that asks for types once, says which process answered, and closes nothing. `stay`: it does not end either.
import { typeServerIn } from './fixture.ts';

const [directory = '', stay] = process.argv.slice(2);
const types = typeServerIn(directory);
const [found] = await types.complete('clien', 5);
process.stdout.write(`${found?.text} ${types.pid}\n`);
if (stay) setInterval(() => {}, 1_000_000);
