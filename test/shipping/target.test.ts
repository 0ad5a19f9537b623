import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { imported, isImported } from '../../lib/shipping/target.ts';
import { fixtureUrl, throwsCode } from './fixtures.ts';

const test = suite('imported');

test('is a frozen plain object with its defaults', () => {
  const target = imported('./model.ts');
  assert.equal(
    { ...target },
    { kind: 'imported', module: './model.ts', exportName: 'default', initArgs: null, from: import.meta.url },
  );
  assert.ok(Object.isFrozen(target) && isImported(target));
});

test('keeps its own copy of the constructor arguments', () => {
  const given = [1];
  const target = imported('x', 'Model', given);
  given.push(2);
  assert.equal(target.initArgs, [1]);
  assert.ok(Object.isFrozen(target.initArgs));
});

test('says which file called it', async () => {
  const { callHere } = await import(fixtureUrl('caller.ts'));
  assert.is(callHere(imported).from, fixtureUrl('caller.ts'));
});

test('is relative to the working directory at a prompt', () => {
  const library = new URL('../../lib/shipping/target.js', import.meta.url).href;
  const code = `import('${library}').then(({ imported }) => console.log(imported('x').from))`;
  const said = execFileSync(process.execPath, ['-e', code], { encoding: 'utf8', cwd: '/tmp' });
  assert.is(said.trim(), pathToFileURL('/tmp/').href);
});

test('refuses what has another type', () => {
  const call = imported as (...args: unknown[]) => unknown;
  throwsCode(() => call(), 'INVALID_ARGUMENT', /module .* got undefined/);
  throwsCode(() => call(''), 'INVALID_ARGUMENT', /got ''/);
  throwsCode(() => call('x', 1), 'INVALID_ARGUMENT', /exportName .* got number/);
  throwsCode(() => call('x', 'y', 'z'), 'INVALID_ARGUMENT', /initArgs .* got string/);
});

test('nothing else is imported', () => {
  for (const value of [null, undefined, 1, {}, { kind: 'imported', module: 'x' }, () => 1])
    assert.not.ok(isImported(value));
});

test.run();
