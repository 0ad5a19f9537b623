/** Every key of the help, as a terminal sends it. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BINDINGS } from '../../../tui/ui/bindings.ts';
import { bytesOf, pressed } from '../key-case.ts';
import { CHANGE_KEYS } from './keys-of-changes.ts';
import { LIST_KEYS } from './keys-of-lists.ts';
import { VIEW_KEYS } from './keys-of-views.ts';

const test = suite('keys on a terminal');

const CASES = { ...VIEW_KEYS, ...LIST_KEYS, ...CHANGE_KEYS };

for (const { keys, about } of BINDINGS) {
  for (const key of keys) {
    for (const [variant, bytes] of bytesOf(key).entries()) {
      const sent = key === ' ' ? 'Space' : key.length === 1 ? key : `${key} (${JSON.stringify(bytes).slice(1, -1)})`;
      test(`${sent} ${about}`, async () => {
        const cases = CASES[key] ?? [];
        assert.ok(cases.length > 0, `nothing tests ${key}`);
        // The bytes make the key; of one that has others, too, what it does has been seen.
        for (const one of variant === 0 ? cases : cases.slice(0, 1))
          await (typeof one === 'function' ? one(bytes) : pressed(bytes, one))();
      });
    }
  }
}

test('what is tested is in the help', () => {
  const all = BINDINGS.flatMap(({ keys }) => keys);
  assert.equal([...all].sort(), Object.keys(CASES).sort());
});

test.run();
