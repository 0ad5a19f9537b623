/** Each lesson is a program, too. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lessons, runNode } from './lessons.ts';

const test = suite('lessons as programs');

for (const lesson of lessons) {
  test(`Node runs ${lesson}`, async () => {
    const { code, said } = await runNode(`${lesson}.ts`);
    assert.is(code, 0, said);
  });
}

test.run();
