import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { textOf } from '../../../tui/frame/line.ts';
import { type FollowPictures, InstancePictures, NO_PICTURES, type ShownPicture } from '../../../tui/model/pictures.ts';
import { press } from '../../../tui/ui/keyboard.ts';
import type { Ui } from '../../../tui/ui/ui.ts';
import { contextOf, drawScreen } from '../../../tui/views/draw.ts';
import type { Scene } from '../../../tui/views/scene.ts';
import { PICTURES, pageOf, sceneOf } from '../fixture.ts';

const test = suite('pictures on the screen');

test('the newest picture has the room, older ones can be chosen, and none drives the terminal', () => {
  const of = (ui: Partial<Ui> = {}, given: Partial<Scene> = {}): string =>
    pageOf(drawScreen(sceneOf({ columns: 100, ...given, ui: { view: 'pictures', ...ui } })));
  assert.match(of(), /─ Load ─[\s\S]*│ classify: 90\/s +│\n│ p95 by time +│\n│ 893 µs ┤ ▃█▁ +│/);
  assert.match(
    of(),
    /the newest is shown[\s\S]*▌ +9 +7 +3s Load +await show\.load\(m\) [\s\S]*│ +8 +12 +10m00s {2,}chart\.bars/,
  );
  const bars = of({ selected: { pictures: '8/1' } });
  assert.match(
    bars,
    /─ chart\.bars.* 0 lines above, 32 below {2}PgUp PgDn[\s\S]*Ada – Eve {2}█[\s\S]*g shows the newest/,
  );
  assert.not.ok(bars.includes('\x1b'));
  assert.match(
    of({ selected: { pictures: '8/1' }, scrolled: 99 }),
    / 32 lines above, 0 below[\s\S]*│ the last row +│\n╰/,
  );
  assert.match(of({ selected: { pictures: '8/1' } }, { columns: 64 }), /─ chart.*… ─+ 0 lines above, 32 below/);
  assert.match(of({ selected: { pictures: 'gone' } }), /─ Load ─/);
  assert.match(of({ filters: { pictures: 'bars' } }), /─ chart\.bars/);
  assert.match(of({ filters: { pictures: 'title:Load' } }), /─ Load ─/);
  assert.match(of({ filters: { pictures: 'zzz' } }), /No picture matches \/zzz/);
  assert.match(of({}, { rows: 16 }), /893 µs[\s\S]*▌ +9 +7 +3s/, 'one line of the list stays');
  assert.match(of({}, { pictures: NO_PICTURES }), /Looking/);
  assert.match(of({}, { pictures: { list: [], problem: null } }), /on 'default' shows as a picture is drawn here/);
  assert.match(of({}, { pictures: { list: null, problem: 'no room in /tmp' } }), /no room in \/tmp/);
  const [, load] = drawScreen(sceneOf({ ui: { view: 'pictures' } })).filter((line) => /┤|failed/.test(textOf(line)));
  assert.is(load?.find(({ text }) => text.includes('┤'))?.tone, 'series0', 'a colour of this screen');
});

test('it goes on with the newest at the top and after Esc, from page to page in one, and back to its start in another', () => {
  const pressed = (...keys: readonly string[]): Ui => {
    const scene = sceneOf({ ui: { view: 'pictures' } });
    return keys.reduce((ui, key) => press({ ...contextOf(scene), ui }, key).ui, scene.ui);
  };
  assert.is(pressed().selected.pictures, undefined);
  assert.is(pressed('j').selected.pictures, '8/1');
  assert.is(pressed('j', 'j').selected.pictures, '8/1');
  for (const key of ['k', 'g', 'escape']) assert.is(pressed('j', key).selected.pictures, undefined, key);
  assert.is(pressed('pagedown').scrolled, 0, 'all of it is shown');
  assert.is(pressed('j', 'pagedown').scrolled, 16);
  assert.is(pressed('j', ...Array.from({ length: 9 }, () => 'pagedown')).scrolled, 32);
  assert.is(pressed('j', 'pagedown', 'pageup', 'pageup').scrolled, 0);
  assert.is(pressed('j', 'pagedown', 'k').scrolled, 0);
});

test('what a session showed stays when it ends, unless it took it back itself', async () => {
  const [load, bars] = PICTURES.list as readonly [ShownPicture, ShownPicture];
  let take: Parameters<FollowPictures>[2] = () => {};
  const pictures = new InstancePictures(async (_, signal, given) => {
    take = given;
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  });
  const keys = (): string | undefined =>
    pictures
      .get()
      .list?.map(({ key }) => key)
      .join(' ');
  pictures.start();
  take(
    new Map([
      [8, [bars]],
      [9, [load]],
    ]),
  );
  assert.is(keys(), '9/2 8/1');
  take(new Map([[9, []]]));
  assert.is(keys(), '8/1');
  take(new Map());
  assert.is(keys(), '8/1');
  await pictures.stop();
  take(new Map([[8, []]]));
  assert.is(keys(), '8/1', 'nobody looks any more');
});

test.run();
