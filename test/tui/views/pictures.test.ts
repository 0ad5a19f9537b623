import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { textOf } from '../../../tui/frame/line.ts';
import { NO_PICTURES } from '../../../tui/model/pictures.ts';
import type { Ui } from '../../../tui/ui/ui.ts';
import { drawScreen } from '../../../tui/views/draw.ts';
import type { Scene } from '../../../tui/views/scene.ts';
import { pageOf, sceneOf } from '../fixture.ts';

const test = suite('pictures on the screen');

test('the newest picture has the room, older ones can be chosen, and none drives the terminal', () => {
  const of = (ui: Partial<Ui> = {}, given: Partial<Scene> = {}): string =>
    pageOf(drawScreen(sceneOf({ columns: 100, ...given, ui: { view: 'pictures', ...ui } })));
  assert.match(of(), /─ await show\.load\(m\) ─[\s\S]*│ classify: 90\/s +│\n│ p95 by time +│\n│ 893 µs ┤ ▃█▁ +│/);
  assert.match(of(), /▌ +7 +3s {2}await show\.load\(m\) [\s\S]*│ +12 +10m00s {2}chart\.bars/);
  assert.match(
    of({ selected: { pictures: '8/1' } }),
    /─ chart\.bars.*32 more lines in a taller window[\s\S]*Ada – Eve {2}█/,
  );
  assert.not.ok(of({ selected: { pictures: '8/1' } }).includes('\x1b'));
  assert.match(of({ selected: { pictures: 'gone' } }), /─ await show\.load/);
  assert.match(of({ filters: { pictures: 'bars' } }), /─ chart\.bars/);
  assert.match(of({ filters: { pictures: 'zzz' } }), /No picture matches \/zzz/);
  assert.match(of({}, { rows: 16 }), /893 µs[\s\S]*▌ +7 +3s/, 'one line of the list stays');
  assert.match(of({}, { pictures: NO_PICTURES }), /Looking/);
  assert.match(of({}, { pictures: { list: [], problem: null } }), /on 'default' shows as a picture is drawn here/);
  assert.match(of({}, { pictures: { list: null, problem: 'no room in /tmp' } }), /no room in \/tmp/);
  const [, load] = drawScreen(sceneOf({ ui: { view: 'pictures' } })).filter((line) => /┤|failed/.test(textOf(line)));
  assert.is(load?.find(({ text }) => text.includes('┤'))?.tone, 'series0', 'a colour of this screen');
});

test.run();
