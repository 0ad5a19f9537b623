/** What travels by name, and what does not although a module exports it. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { distance } from 'fastest-levenshtein';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { acceptBatch } from '../../lib/shipping/accept-batch.ts';
import { importsOf } from '../../lib/shipping/module-imports.ts';
import { ship } from '../../lib/shipping/ship.ts';
import type { ShippedNode, ValueShipment } from '../../lib/shipping/shipment.ts';
import { fixtureUrl } from './fixtures.ts';
import { withHosts } from './shape-table.ts';

const test = suite('references');
const { hosts } = withHosts(test);

const none = { initArgs: [] };
const models = await import(fixtureUrl('models.ts'));
const library = await import(fixtureUrl('library.ts'));
const load = createRequire(import.meta.url);
const commonPath = fileURLToPath(fixtureUrl('library.cjs'));
const common = load(commonPath);
const shipper = new URL('../../lib/shipping/ship.js', import.meta.url).href;

const kindOf = async (target: unknown): Promise<string> => (await ship(target, none)).kind;

async function captured(target: unknown): Promise<readonly ShippedNode[]> {
  return ((await ship(target, none)) as ValueShipment).nodes.slice(1);
}

test('an export of a module travels by its name', async () => {
  const module = fixtureUrl('models.ts');
  for (const [target, exportName] of [
    [models.default, 'default'],
    [models.greet, 'greet'],
    [models.Model, 'Model'],
    [models.late, 'late'],
  ]) {
    assert.equal(await ship(target, none), { kind: 'imported', module, from: module, exportName });
  }
});

test('an export of CommonJS does, too, of a package, too', async () => {
  const module = pathToFileURL(commonPath).href;
  assert.equal(await ship(common.named, none), { kind: 'imported', module, from: module, exportName: 'named' });
  const shipment = await ship(distance, none);
  assert.is(shipment.kind, 'imported');
  assert.match(JSON.stringify(shipment), /node_modules\/fastest-levenshtein\/.*"exportName":"distance"/);
  assert.is(await kindOf(load('acorn').parse), 'imported');
});

test('it runs, in a thread and in a process', async () => {
  for (const [target, args, value] of [
    [models.default, [{ value: 3 }], 6],
    [models.greet, ['Ada'], 'hello, Ada'],
    [distance, ['ab', 'ac'], 1],
    [common.named, [], 'named'],
  ] as const) {
    const shipment = await ship(target, none);
    assert.is(shipment.kind, 'imported');
    for (const host of hosts()) assert.is((await host.run({ shipment, args })).value, value, host.name);
  }
});

test('marks that are put on here arrive', async () => {
  const marked = acceptBatch(library.default);
  const shipment = await ship(marked, none);
  assert.is(shipment.kind === 'imported' && shipment.batched, 'all');
  for (const host of hosts()) assert.is((await host.run({ shipment, args: [2] })).batched, 'all');
});

test('what a module does not export travels by value', async () => {
  assert.is(await kindOf(library.hidden.scale), 'value');
  assert.is(await kindOf(common.hidden.count), 'value');
});

test('a captured import is imported again, as its user wrote it', async () => {
  const found = (await captured(library.hidden.tools)).filter((node) => node.type === 'import');
  const from = fixtureUrl('library.ts');
  assert.equal(
    found.map(({ module, exportName, from: at }) => [module, exportName, at]),
    [
      ['node:path', null, from],
      ['fastest-levenshtein', 'distance', from],
      [from, 'config', from],
    ],
  );
});

test('a function, class, object or symbol that another module exports is the replica’s own', async () => {
  const { config, token, Exported, default: double } = library;
  const nodes = await captured(() => [double, Exported]);
  assert.equal(
    nodes.map((node) => node.type === 'import' && node.exportName),
    ['default', 'Exported'],
  );
  const copied = await captured(() => [config, token]);
  assert.equal(
    copied.map(({ type }) => type),
    ['object', 'symbol', 'array'],
    'picked from a namespace they are values like any other',
  );
});

test('what turns out to be imported is so everywhere', async () => {
  const { resources, hidden } = library;
  const { use } = hidden;
  const target = async () => [resources === use(), await use().pending];
  const shipment = await ship(target, none);
  for (const host of hosts()) assert.equal((await host.run({ shipment, args: [] })).value, [true, 'there'], host.name);
});

test('a whole namespace is one', async () => {
  const [node] = await captured(() => library.config);
  assert.equal(node, {
    type: 'import',
    module: fixtureUrl('library.ts'),
    from: fixtureUrl('library.ts'),
    exportName: null,
  });
  const path = await import('node:path');
  const [builtIn] = await captured(() => path.join('a'));
  assert.is(builtIn?.type === 'import' && builtIn.module, 'node:path');
  const viaImport = await import(fixtureUrl('library.cjs'));
  const [wrapped] = await captured(() => viaImport.default);
  assert.is(wrapped?.type === 'import' && wrapped.module, fixtureUrl('library.cjs'));
});

test('what a CommonJS module exports as a whole is one, too', async () => {
  const [node] = await captured(() => common.hidden);
  assert.is(node?.type === 'import' && node.exportName, 'default');
});

test('a program’s own exports travel by value, also once it is evaluated', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(fixtureUrl('main.ts')), shipper]);
  assert.equal(JSON.parse(stdout), { during: ['value', 'imported'], after: ['value', 'imported'] });
});

test('so do those of a program in CommonJS', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(fixtureUrl('main.cjs')), shipper]);
  assert.is(stdout, 'value');
});

test('a module that waits for its export to be shipped is not waited for', async () => {
  Object.assign(globalThis, { kindOf });
  const { during, waiting } = await import(fixtureUrl('waits.ts'));
  Reflect.deleteProperty(globalThis, 'kindOf');
  assert.is(during, 'value');
  assert.is(await kindOf(waiting), 'imported', 'now that it is evaluated');
});

test('a CommonJS module that is being loaded is not imported', async () => {
  const early = Promise.withResolvers<Promise<string>>();
  Object.assign(globalThis, { shipNow: (target: unknown) => early.resolve(kindOf(target)) });
  const { early: exported } = load(fileURLToPath(fixtureUrl('loading.cjs')));
  Reflect.deleteProperty(globalThis, 'shipNow');
  assert.is(await early.promise, 'value');
  assert.is(await kindOf(exported), 'imported');
});

test('a module without a file travels by value', async () => {
  const module = 'export const f = (x) => g(x); const g = (x) => x + 1;';
  const { f } = await import(`data:text/javascript,${encodeURIComponent(module)}`);
  const shipment = await ship(f, none);
  assert.is(shipment.kind, 'value');
  for (const host of hosts()) assert.is((await host.run({ shipment, args: [1] })).value, 2);
});

test('imports are found in a module’s text', () => {
  const text = `
    import fs, { readFileSync as read, type Stats } from 'node:fs';
    import * as path from "node:path"; import os from 'node:os';
    import type { Other } from './types.ts';
    import './effect.ts';
    import {
      one,
      default as two,
    } from './both.ts' with { some: 'attribute' };
    /* import { not } from './this.ts' */
    // import { nor } from './that.ts'
    const { a, b: c } = require('./common.cjs'), d = require('./more.cjs');
    var e = require('./e.cjs').inner;
  `;
  assert.equal(
    [...importsOf(text)].map(([name, { specifier, exportName }]) => [name, specifier, exportName]),
    [
      ['fs', 'node:fs', 'default'],
      ['read', 'node:fs', 'readFileSync'],
      ['path', 'node:path', null],
      ['os', 'node:os', 'default'],
      ['one', './both.ts', 'one'],
      ['two', './both.ts', 'default'],
      ['a', './common.cjs', 'a'],
      ['c', './common.cjs', 'b'],
      ['e', './e.cjs', 'inner'],
    ],
  );
});

test.run();
