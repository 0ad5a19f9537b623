import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Top } from '../../../tui/app/top.ts';
import { SeriesStore } from '../../../tui/model/series.ts';
import { LOOK, liveOf, NOW } from '../fixture.ts';

const test = suite('top');

test('that the mouse is turned on or off is told at once, though it is in no frame', () => {
  const top = new Top({
    name: 'default',
    live: {
      ...{ get: liveOf, subscribe: () => () => {}, series: new SeriesStore(), client: null, periodMs: 250 },
      retryNow: () => {},
    },
    look: LOOK,
    outside: async () => null,
    now: () => NOW,
  });
  top.start(80, 24);
  try {
    const frame = top.frame();
    const told: boolean[] = [];
    top.subscribe(() => told.push(top.ui.isMouseOn));
    top.press(['M']);
    top.press(['M']);
    assert.equal(told, [true, false]);
    assert.is(top.frame(), frame);
  } finally {
    top.stop();
  }
});

test.run();
