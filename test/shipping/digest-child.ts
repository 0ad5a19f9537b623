// Prints the digests of the code of backends, each in the way of an argument: `./model.ts` by reference, `./model.ts!name`
// what that export returns, by value.
import { pathToFileURL } from 'node:url';
import { markImported } from '../../lib/domain/imported.ts';
import { codeDigestOf } from '../../lib/shipping/code-digest.ts';
import { ship } from '../../lib/shipping/ship.ts';

const from = `${pathToFileURL(process.cwd()).href}/`;
const [directory = '', ...targets] = process.argv.slice(2);

for (const given of targets) {
  const [module = '', maker] = given.split('!');
  const target = maker === undefined ? reference(module) : await made(module, maker);
  console.log(await codeDigestOf(await ship(target, { initArgs: [] }), directory || null));
}

function reference(named: string): unknown {
  const [module = '', exportName = 'default'] = named.split('#');
  return markImported({ kind: 'imported', module, exportName, initArgs: null, from });
}

async function made(module: string, maker: string): Promise<unknown> {
  const exports = (await import(new URL(module, from).href)) as Record<string, () => unknown>;
  return exports[maker]?.();
}
