import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BINDINGS } from '../../../tui/ui/bindings.ts';
import type { Context, Step } from '../../../tui/ui/context.ts';
import { press } from '../../../tui/ui/keyboard.ts';
import { INITIAL, type Ui, VIEWS } from '../../../tui/ui/ui.ts';
import { contextOf, drawScreen } from '../../../tui/views/draw.ts';
import { liveOf, NOW, pageOf, sceneOf } from '../fixture.ts';

const test = suite('keys');

const LOST = { type: 'lost', reason: 'gone', since: NOW, attempt: 1, retryAt: NOW } as const;

const contextFor = (ui: Partial<Ui> = {}, isLost = false): Context =>
  contextOf(sceneOf({ ui, ...(isLost && { live: liveOf({ phase: LOST }) }) }));

/** Of one key after the other, in what it leads to. */
function pressed(keys: readonly string[], ui: Partial<Ui> = {}): Step {
  let step: Step = { ui: { ...INITIAL, ...ui } };
  for (const key of keys) step = press({ ...contextFor(), ui: step.ui }, key);
  return step;
}

const typedIn = ({ ui }: Step): string | undefined => ui.typing?.text;

/** What each key does, by name: a key that is in the help and not here fails. */
const CASES: Readonly<Record<string, () => void>> = {
  '1': () => assert.is(pressed(['1'], { view: 'events' }).ui.view, 'overview'),
  '2': () => assert.is(pressed(['2']).ui.view, 'replicas'),
  '3': () => assert.is(pressed(['3']).ui.view, 'gpus'),
  '4': () => assert.is(pressed(['4']).ui.view, 'latency'),
  '5': () => assert.is(pressed(['5']).ui.view, 'events'),
  '6': () => assert.is(pressed(['6']).ui.view, 'log'),
  '7': () => assert.is(pressed(['7']).ui.view, 'pictures'),
  tab: () => assert.is(pressed(['tab', 'tab']).ui.view, 'gpus'),
  'shift+tab': () => assert.is(pressed(['shift+tab']).ui.view, 'pictures'),
  enter: () => {
    assert.equal(pressed(['down', 'enter']).ui.detail, { kind: 'endpoint', name: 'summarize' });
    assert.equal(pressed(['2', 'down', 'enter']).ui.detail, { kind: 'replica', name: 'resnet:v2#2' });
    assert.equal(pressed(['4', 'end', 'enter']).ui.detail, { kind: 'backend', name: 'bart:v4' });
    const { ui } = pressed(['3', 'down', 'enter']);
    assert.equal([ui.view, ui.filters.replicas], ['replicas', 'gpu:0']);
  },
  b: () => assert.equal(pressed(['2', 'down', 'b']).ui.detail, { kind: 'backend', name: 'resnet:v2' }),
  escape: () => {
    assert.is(pressed(['enter', 'escape']).ui.detail, null);
    assert.is(pressed(['escape'], { filters: { overview: 'x' } }).ui.filters.overview, '');
  },
  backspace: () => assert.is(pressed(['enter', 'backspace']).ui.detail, null),
  q: () => {
    assert.is(pressed(['enter', 'q']).effect, undefined);
    assert.equal(pressed(['enter', 'q', 'q']).effect, { type: 'quit' });
  },
  'ctrl+c': () => assert.equal(pressed([':', 'x', 'ctrl+c']).effect, { type: 'quit' }),
  up: () => assert.is(pressed(['2', 'down', 'down', 'up']).ui.selected.replicas, 'resnet:v2#2'),
  k: () => assert.is(pressed(['2', 'j', 'j', 'k']).ui.selected.replicas, 'resnet:v2#2'),
  down: () => assert.is(pressed(['down']).ui.selected.overview, 'summarize'),
  j: () => assert.is(pressed(['2', 'j', 'j']).ui.selected.replicas, 'resnet:v1#1'),
  pageup: () => assert.is(pressed(['2', 'end', 'pageup']).ui.selected.replicas, 'resnet:v2#2'),
  'ctrl+b': () => assert.is(pressed(['2', 'end', 'ctrl+b']).ui.selected.replicas, 'resnet:v2#2'),
  pagedown: () => assert.is(pressed(['2', 'down', 'pagedown']).ui.selected.replicas, 'bart:v4#2'),
  'ctrl+f': () => assert.is(pressed(['2', 'down', 'ctrl+f']).ui.selected.replicas, 'bart:v4#2'),
  home: () => assert.is(pressed(['2', 'end', 'home']).ui.selected.replicas, 'resnet:v2#2'),
  g: () => assert.is(pressed(['2', 'end', 'g']).ui.selected.replicas, 'resnet:v2#2'),
  end: () => assert.is(pressed(['2', 'end']).ui.selected.replicas, 'bart:v4#2'),
  G: () => assert.is(pressed(['2', 'G']).ui.selected.replicas, 'bart:v4#2'),
  '/': () => {
    const step = pressed(['/', 'q', '2', 'x', 'backspace']);
    assert.equal([typedIn(step), step.ui.filters.overview, step.ui.view], ['q2', 'q2', 'overview']);
    assert.equal(pressed(['/', 'a', 'enter']).ui.filters.overview, 'a');
    assert.equal(pressed(['/', 'a', 'escape'], { filters: { overview: 'b' } }).ui.filters.overview, 'b');
  },
  '<': () => assert.is(pressed(['2', '<']).ui.sorts.replicas.by, 'ongoing'),
  '>': () => assert.is(pressed(['2', '>']).ui.sorts.replicas.by, 'replica'),
  o: () => assert.is(pressed(['2', 'o']).ui.sorts.replicas.reversed, true),
  e: () => assert.equal([pressed(['5', 'e']).ui.level, pressed(['5', 'e', 'e', 'e']).ui.level], ['warning', 'info']),
  ' ': () => {
    assert.ok(pressed([' ']).ui.frozen?.status);
    assert.is(pressed([' ']).ui.frozen?.since, contextFor().time, 'from now on, whenever the last snapshot came');
    assert.is(pressed([' ', ' ']).ui.frozen, null);
  },
  '[': () => assert.is(pressed(['[']).ui.windowSeconds, 30),
  ']': () => assert.is(pressed([']', ']', ']', ']']).ui.windowSeconds, 900),
  z: () => assert.is(pressed(['z']).ui.areChartsShown, false),
  '+': () => assert.is(pressed(['-', '+']).ui.periodMs, 250),
  '-': () => assert.is(pressed(['-']).ui.periodMs, 500),
  l: () => {
    const filterOf = ({ ui }: Step): unknown => [ui.view, ui.detail, ui.filters.log];
    assert.equal(filterOf(pressed(['2', 'down', 'l'])), ['log', null, 'replica:resnet:v2#2']);
    assert.equal(filterOf(pressed(['4', 'end', 'enter', 'l'])), ['log', null, 'replica:bart:v4']);
    assert.equal(filterOf(pressed(['l'])), ['log', null, '']);
  },
  L: () => assert.equal(pressed(['L']).effect, { type: 'pager' }),
  t: () => assert.is(typedIn(pressed(['t'])), 'traffic classify resnet:v1=80 resnet:v2=20'),
  s: () => {
    assert.is(typedIn(pressed(['down', 's'])), 'scale bart:v4 2');
    assert.is(typedIn(pressed(['s'])), 'scale ');
  },
  m: () => assert.is(typedIn(pressed(['m'])), 'shadow classify '),
  c: () => assert.is(typedIn(pressed(['2', 'down', 'c'])), 'config resnet:v2 '),
  D: () => assert.is(typedIn(pressed(['2', 'down', 'D'])), 'delete backend resnet:v2'),
  u: () => {
    assert.equal(pressed(['u']).effect, { type: 'undo' });
  },
  ':': () => assert.is(typedIn(pressed([':', 's', 'c', 'tab'])), 'scale '),
  '?': () => {
    const { ui } = pressed(['?']);
    assert.is(ui.isHelpShown, true);
    assert.is(pressed(['?', 'q']).ui.isHelpShown, false);
  },
  y: () => assert.equal(pressed(['y']).effect, { type: 'copy', text: 'classify' }),
  w: () => assert.equal(pressed(['w']).effect, { type: 'snapshot' }),
  M: () => assert.is(pressed(['M']).ui.isMouseOn, true),
  r: () => {
    assert.equal(press(contextFor({}, true), 'r').effect, { type: 'retry' });
    assert.is(press(contextFor(), 'r').effect, undefined);
  },
  'ctrl+z': () => assert.equal(pressed(['ctrl+z']).effect, { type: 'suspend' }),
};

for (const { keys, about } of BINDINGS) {
  for (const key of keys) {
    test(`${key === ' ' ? 'Space' : key} does what the help says: ${about}`, () => {
      const check = CASES[key];
      if (check === undefined) throw new Error(`nothing tests ${key}`);
      check();
    });
  }
}

test('no key means two things in the same place', () => {
  for (const view of VIEWS) {
    const context = contextFor({ view }, true);
    const active = BINDINGS.filter(({ isFor }) => isFor === undefined || isFor(context)).flatMap(({ keys }) => keys);
    assert.equal(
      active.filter((key, at) => active.indexOf(key) !== at),
      [],
    );
  }
});

test('help shows every key, and all of it can be reached where there is little room', () => {
  const whole = pageOf(drawScreen(sceneOf({ columns: 160, rows: 70, ui: { isHelpShown: true } })));
  for (const { about } of BINDINGS) assert.ok(whole.includes(about), about);
  let seen = '';
  for (let scrolled = 0; scrolled < 120; scrolled += 5) {
    seen += pageOf(drawScreen(sceneOf({ columns: 80, rows: 24, ui: { isHelpShown: true, scrolled } })));
  }
  for (const { about } of BINDINGS) assert.ok(seen.includes(about), about);
});

test('small letters never destroy: what deletes is asked for by name', () => {
  const step = pressed([...':delete endpoint idle', 'enter']);
  assert.is(step.effect, undefined);
  assert.is(step.ui.asking?.plan.confirmation.type, 'name');
  assert.is(press({ ...contextFor(), ui: step.ui }, 'y').effect, undefined);
  const named = [...'idle'].reduce((one, key) => press({ ...contextFor(), ui: one.ui }, key), step);
  assert.is(press({ ...contextFor(), ui: named.ui }, 'enter').effect?.type, 'run');
  assert.is(press({ ...contextFor(), ui: named.ui }, 'escape').ui.asking, null);
});

test('from the oldest line, the next is one row down', () => {
  const lines = Array.from({ length: 200 }, (_, at) => (at % 2 === 0 ? `kept ${at}` : `other ${at}`));
  const ui = { view: 'log', filters: { log: 'kept' } } as const;
  const context = contextOf(sceneOf({ ui, log: { lines, problem: null } }));
  const top = press(context, 'g').ui;
  assert.is(top.scrolled, 100 - (context.pageRows + 1));
  assert.is(press({ ...context, ui: top }, 'j').ui.scrolled, top.scrolled - 1);
});

test('what changes traffic waits for y', () => {
  const step = pressed([...':traffic classify v2=100', 'enter']);
  assert.is(step.effect, undefined);
  assert.is(press({ ...contextFor(), ui: step.ui }, 'n').ui.asking, null);
  assert.is(press({ ...contextFor(), ui: step.ui }, 'y').effect?.type, 'run');
});

test('commands that were run come back with the arrow', () => {
  const step = pressed([...':goto events', 'enter', ...':goto gpus', 'enter', ':', 'up', 'up']);
  assert.is(typedIn(step), 'goto events');
});

test('while something is under way one may look around and leave, and change nothing else; Esc waits no longer', () => {
  const ui = { busy: { title: 'scale', since: NOW } };
  assert.is(pressed(['2'], ui).ui.view, 'replicas');
  for (const key of ['s', ':', 'u', 'D']) {
    const step = pressed([key], ui);
    assert.equal([step.ui.typing, step.effect], [null, undefined]);
    assert.match(step.ui.notice?.text ?? '', /not before there is an answer to: scale/);
  }
  const { busy, notice } = pressed(['escape'], ui).ui;
  assert.is(busy, null);
  assert.match(notice?.text ?? '', /no longer waiting: scale/);
  assert.equal(pressed(['ctrl+c'], ui).effect, { type: 'quit' });
});

test('what went wrong stays until it is closed', () => {
  const ui = { failure: { title: 'scale', text: 'there is no room' } };
  assert.equal(pressed(['2'], ui).ui, { ...INITIAL, ...ui });
  assert.is(pressed(['escape'], ui).ui.failure, null);
});

test.run();
