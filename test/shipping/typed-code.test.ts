import { pathToFileURL } from 'node:url';
import { runInThisContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ship } from '../../lib/shipping/ship.ts';
import type { ValueShipment } from '../../lib/shipping/shipment.ts';
import { omitFromSources, shipAsImport, shipVariablesOf } from '../../lib/shipping/typed-code.ts';

const test = suite('typed code');
const shipped = async (target: unknown) => (await ship(target, { initArgs: [] })) as ValueShipment;
const sources = ({ nodes }: ValueShipment): string[] =>
  nodes.flatMap((node) => (node.type === 'function' ? [node.source] : []));

test.after.each(() => omitFromSources([]));

test('inserted texts do not travel, and only what they name is not missed', async () => {
  const typed = runInThisContext('(function f(n) { while (note(),n) { note(); n-- } })') as unknown;
  const failure: unknown = await ship(typed, { initArgs: [] }).catch((error: unknown) => error);
  assert.match(String(failure), /note is not defined/);
  omitFromSources(['note(); ', 'note(),']);
  assert.equal(sources(await shipped(typed)), ['function f(n) { while (n) { n-- } }']);
});

test('they do not travel in methods, whose class is still taken apart', async () => {
  omitFromSources(['note();']);
  const typed = runInThisContext('(class C { static s = 1; m() { while (1) {note(); return 1} } })') as unknown;
  assert.equal(sources(await shipped(typed)), ['class C { ;             m() { while (1) { return 1} } }']);
});

test('a value of a prompt travels as what was imported', async () => {
  const from = pathToFileURL('/somewhere/[cell]').href;
  const value = { rows: 3, of: () => 1 };
  runInThisContext('let typedImport');
  (runInThisContext('(value) => { typedImport = value }') as (value: object) => void)(value);
  const typed = runInThisContext('() => typedImport.rows') as unknown;
  assert.is((await shipped(typed)).nodes.filter(({ type }) => type === 'import').length, 0);
  shipAsImport(value, { module: './data.ts', from, exportName: 'data' });
  const [found] = (await shipped(typed)).nodes.filter(({ type }) => type === 'import');
  assert.equal(found, { type: 'import', module: './data.ts', from, exportName: 'data' });
});

test("variables of a prompt's own `with` travel, and of no other", async () => {
  const names = { process: 5 };
  Object.assign(globalThis, { typedNames: names });
  const typed = runInThisContext('with (typedNames) { () => process }') as unknown;
  const failure: unknown = await ship(typed, { initArgs: [] }).catch((error: unknown) => error);
  assert.match(String(failure), /stands in a 'with'/);
  shipVariablesOf(names);
  const [node] = (await shipped(typed)).nodes;
  assert.equal(node?.type === 'function' ? node.captures : null, [['process', 5]]);
  Reflect.deleteProperty(globalThis, 'typedNames');
});

test.run();
