/** The lessons as they are kept: in pairs, in order, and without a mistake in their types. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { folder, lessons, named, root, runNode } from './lessons.ts';

const test = suite('the lessons');

const numberOf = (lesson: string): string => lesson.slice(0, 2);

test('each is a source with what it puts out beside it, and there is one for each number', () => {
  assert.ok(lessons.length > 0, `${folder} has none`);
  assert.equal(named('.ipynb'), lessons);
  for (const lesson of lessons) assert.match(lesson, /^\d\d(-[a-z]+)+$/);
  assert.is(new Set(lessons.map(numberOf)).size, lessons.length);
});

test('README names each, and what one links to is there', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  for (const lesson of lessons) {
    assert.ok(readme.includes(`](notebooks/${lesson}.ipynb)`), `README has no link to ${lesson}`);
    const source = readFileSync(join(folder, `${lesson}.ts`), 'utf8');
    for (const [, target = ''] of source.matchAll(/^\/\/ .*\]\((?!https?:|#)([^)#\s]+)/gm)) {
      assert.ok(existsSync(join(folder, target)), `${lesson} links to ${target}, which is not there`);
    }
  }
});

test('TypeScript finds no mistake in them', async () => {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { code, said } = await runNode(tsc, '-p', folder);
  assert.is(code, 0, said);
});

test.run();
