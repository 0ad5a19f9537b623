import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import fc from 'fast-check';
import * as serve from 'servelab';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { codeOf, fails, failureOf } from '../support/instance.ts';
import { withStateHome } from '../support/state-home.ts';

const test = suite('names of instances');

const HOSTILE = [
  '../x', '..', '.', './x', '/etc', '/', '\\', 'a/b', 'a\\b', 'a:b', '-rf', '_x', '.hidden', '', ' ', ' x', 'x ', 'x\n',
  'x\0', '\0', '__proto__', 'é', 'ａ', 'x\u202e', '💥', '\ud800', 'x'.repeat(101), 'x'.repeat(10_240), '%2e%2e', '$(id)',
  '~', '*', 'a b', "a'b", 'a"b', '`id`',
]; // biome-ignore format: a table
const NO_NAMES = [5, null, true, {}, [], ['x'], Symbol('x'), 10n, () => 'x', new String('x')];
const LEGAL = ['constructor', 'toString', 'hasOwnProperty', '0', 'a..b', 'A.b_c-d', 'x'.repeat(100), 'lock', 'NUL'];

const unlike = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: 'grapheme', maxLength: 50 }),
  fc
    .array(fc.constantFrom('..', '/', '\\', 'x', '.', '\0', '%2f', '__proto__'), { maxLength: 6 })
    .map((of) => of.join('')),
);

test(
  'that are none are refused by start, in whatever host, and by connect, and touch no file',
  withStateHome(async (home) => {
    const before = readdirSync(dirname(home));
    const refused = async (name: unknown): Promise<void> => {
      for (const host of ['inline', 'process'] as const) {
        await fails(serve.start({ name: name as string, host, http: null }), 'INVALID_ARGUMENT', 'instance name');
      }
      await fails(serve.connect({ name: name as string }), 'INVALID_ARGUMENT', 'instance name');
    };
    for (const name of [...HOSTILE, ...NO_NAMES]) await refused(name);
    await fc.assert(
      fc.asyncProperty(
        anyText.filter((name) => !unlike.test(name)),
        refused,
      ),
      { numRuns: 500 },
    );
    assert.equal(readdirSync(home), []);
    assert.equal(
      readdirSync(dirname(home)).filter((name) => !before.includes(name) && name.includes('servelab')),
      [],
    );
    assert.is(({} as { polluted?: unknown }).polluted, undefined);
  }),
);

test('that are long are shown short in the message', async () => {
  const { message } = (await failureOf(serve.connect({ name: 'y'.repeat(10_240) }))) as Error;
  assert.ok(message.length < 400, `${message.length} characters`);
});

test(
  'that look odd and are legal are names like others, here and on disk',
  withStateHome(async (home) => {
    for (const name of LEGAL) {
      await fails(serve.connect({ name }), 'INSTANCE_NOT_FOUND', `'${name}'`);
      const client = await serve.start({ name, http: null });
      assert.is((await (await serve.connect({ name })).status()).instance.name, name);
      assert.equal(readdirSync(`${home}/servelab`), [name]);
      await client.shutdown();
    }
    assert.equal(readdirSync(`${home}/servelab`), []);
  }),
);

test('a missing instance of any legal name is not found, and nothing is made for it', async () => {
  const legal = fc.stringMatching(unlike);
  await fc.assert(
    fc.asyncProperty(legal, async (name) => {
      assert.is(codeOf(await failureOf(serve.connect({ name }))), 'INSTANCE_NOT_FOUND');
    }),
    { numRuns: 200 },
  );
});

test.run();
