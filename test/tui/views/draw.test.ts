import { stripVTControlCharacters } from 'node:util';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { traffic } from '../../../tui/actions/traffic-command.ts';
import { columnChart } from '../../../tui/canvas/column-chart.ts';
import { toAnsi } from '../../../tui/frame/ansi.ts';
import { lineWidth, textOf } from '../../../tui/frame/line.ts';
import { ASCII, type Look } from '../../../tui/frame/look.ts';
import type { Live } from '../../../tui/model/live.ts';
import { NO_LOG } from '../../../tui/model/log.ts';
import { NO_PICTURES } from '../../../tui/model/pictures.ts';
import { SeriesStore } from '../../../tui/model/series.ts';
import { type Ui, VIEWS } from '../../../tui/ui/ui.ts';
import { drawScreen } from '../../../tui/views/draw.ts';
import type { Scene } from '../../../tui/views/scene.ts';
import { backendOf, LOOK, liveOf, NOW, pageOf, replicaOf, sceneOf, statsOf, statusOf, textsOf } from '../fixture.ts';

const test = suite('screen');

const PLAIN: Look = { depth: 'none', theme: 'mono', glyphs: ASCII };

function planned(): Ui['asking'] {
  const scene = sceneOf();
  const outcome = traffic.read(['classify', 'v2=30%'], {
    status: statusOf(),
    ui: scene.ui,
    look: LOOK,
    readonlyReason: null,
  });
  return outcome.type === 'plan' ? { plan: outcome.plan, typed: '' } : null;
}

const uis = fc.record({
  view: fc.constantFrom(...VIEWS),
  isHelpShown: fc.boolean(),
  areChartsShown: fc.boolean(),
  detail: fc.constantFrom(
    null,
    { kind: 'endpoint' as const, name: 'classify' },
    { kind: 'backend' as const, name: 'resnet:v2' },
    { kind: 'replica' as const, name: 'bart:v4#1' },
    { kind: 'replica' as const, name: 'gone#1' },
  ),
  typing: fc.constantFrom(
    null,
    { kind: 'filter' as const, text: 'res', before: '' },
    { kind: 'command' as const, text: 'traffic classify v2=30%', recalled: 0 },
    { kind: 'command' as const, text: 'x'.repeat(300), recalled: 0 },
  ),
  asking: fc.constantFrom(null, planned()),
  frozen: fc.constantFrom(null, { ...liveOf(), log: NO_LOG, pictures: NO_PICTURES, since: NOW - 9_000 }),
  busy: fc.constantFrom(null, { title: 'scale x from 1 to 2', since: NOW - 3_000 }),
});

test('every line of every screen is exactly as wide as the terminal, and there are as many as it has', () => {
  const series = new SeriesStore();
  for (let second = 0; second < 30; second++) series.take(statusOf(), NOW + second * 1_000);
  fc.assert(
    fc.property(
      uis,
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 60 }),
      fc.boolean(),
      (ui, columns, rows, ascii) => {
        const look = ascii ? PLAIN : LOOK;
        const lines = drawScreen(sceneOf({ ui, columns, rows, look, series }));
        assert.is(lines.length, rows);
        for (const line of lines) assert.is(lineWidth(line), columns, `${columns}x${rows}: ${textOf(line)}`);
      },
    ),
    { numRuns: 300 },
  );
});

for (const phase of [
  { type: 'connecting' },
  { type: 'lost', reason: 'no instance', since: null, attempt: 1, retryAt: NOW + 900 },
  { type: 'lost', reason: 'gone\nfor good', since: NOW - 12_000, attempt: 3, retryAt: NOW + 900 },
] as const) {
  test(`so is every line when it is ${phase.type}${'since' in phase && phase.since !== null ? ' after it was seen' : ''}`, () => {
    const status = phase.type === 'lost' && phase.since !== null ? statusOf() : null;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 160 }), fc.integer({ min: 1, max: 50 }), (columns, rows) => {
        const lines = drawScreen(sceneOf({ columns, rows, live: liveOf({ phase, status }) }));
        assert.is(lines.length, rows);
        assert.ok(lines.every((line) => lineWidth(line) === columns));
      }),
      { numRuns: 60 },
    );
  });
}

test('in ASCII without colours nothing but ASCII reaches the terminal, and the split can still be read', () => {
  for (const view of VIEWS) {
    for (const [columns, rows] of [
      [120, 40],
      [80, 24],
      [40, 10],
    ] as const) {
      const drawChart = (given: Parameters<typeof columnChart>[0]) => columnChart(given, ASCII);
      const lines = drawScreen(sceneOf({ ui: { view }, columns, rows, look: PLAIN, drawChart }));
      const bytes = lines.map((line) => toAnsi(line, PLAIN)).join('\n');
      // Bold and inverse are no colours.
      assert.match(stripVTControlCharacters(bytes), /^[\x20-\x7e\n]*$/);
      assert.ok(
        bytes
          .split('\x1b[')
          .slice(1)
          .every((rest) => /^(?:0|1|7|1;7)m/.test(rest)),
      );
    }
  }
  const page = pageOf(drawScreen(sceneOf({ look: PLAIN })));
  assert.match(page, /#{10,}={3,} {2}# v1 80% {2}= v2 20% \(1\/2 ready\)/);
});

test('the overview tells of every endpoint: split, shadow, rate, errors, percentiles', () => {
  for (const [columns, rows] of [
    [120, 40],
    [80, 24],
  ] as const) {
    const page = pageOf(drawScreen(sceneOf({ columns, rows })));
    assert.match(page, /classify .* 300 +0% +11\.4ms +29\.1ms +63\.3ms/);
    assert.match(page, /█ v1 80% {2}▓ v2 20% \(1\/2 ready\)/);
    assert.match(page, /shadow v3 50% {2}answers dropped/);
    assert.match(page, /█ bart:v4 100% got 100%/);
    assert.match(page, /summarize .* 40 +2\.5% +260ms +510ms +1230ms/);
    assert.match(page, /REPLICAS 6\/7 {2}GPU 0\.75\/2 {2}ERR 0\.3% {2}RPS 340 {2}P99 1230ms {2}QUEUED 0 {2}ONGOING 16/);
    assert.match(page, /replica 'resnet:v2#2' died/);
  }
});

test('names that are too long are cut where they do not differ', () => {
  const tag = 'a-very-long-name-of-a-backend-that-nobody-reads';
  const status = statusOf({ replicas: [replicaOf(`${tag}#11`), replicaOf(`${tag}#12`)] });
  const page = pageOf(
    drawScreen(sceneOf({ columns: 80, rows: 24, live: liveOf({ status }), ui: { view: 'replicas' } })),
  );
  assert.match(page, /a-very\S*…\S*reads#11 [\s\S]*a-very\S*…\S*reads#12 /);
});

test('what needs attention is said in words', () => {
  const events = pageOf(drawScreen(sceneOf({ ui: { view: 'events' } })));
  assert.match(events, /Alerts[\s\S]*▲ resnet:v2#2 is dead[\s\S]*▲ resnet:v2 runs 1 of 2 replicas[\s\S]*Events/);
  assert.match(pageOf(drawScreen(sceneOf())), /▲ 3 alerts/);
  const calm = statusOf({ backends: {}, replicas: [], endpoints: {} });
  assert.not.match(pageOf(drawScreen(sceneOf({ live: liveOf({ status: calm }) }))), /alert/);
});

test('replicas show state, place, load, GPUs and restarts, the dead one first', () => {
  const rows = textsOf(drawScreen(sceneOf({ ui: { view: 'replicas' } })));
  assert.match(rows[5] ?? '', /✖ DEAD +resnet:v2#2 +head +thread 3 +- +3 +2h00m +- +- +- +0 +▯+ 0\/8/);
  assert.match(rows.join('\n'), /● RUNNING +resnet:v1#2 +head +thread 3 +- +0 +2h00m +52M +98% +100% +3 +▮{4} 8\/8/);
  assert.match(rows.join('\n'), /● RUNNING +bart:v4#2 +head +pid 4802 +0 \(0\.25\)/);
});

test('a backend says on what its time goes, and how large its batches are', () => {
  const pageFor = (name: string): string => pageOf(drawScreen(sceneOf({ ui: { detail: { kind: 'backend', name } } })));
  assert.match(
    pageFor('bart:v4'),
    /code {2}p50 10\.0ms [\s\S]*batch of 3 to 8, 6\.0 in the mean; 10 in the last minute/,
  );
  assert.not.match(pageFor('resnet:v1'), /batch of/);
});

test('a GPU shows who holds how much of it, what is used, and who waits', () => {
  const page = pageOf(drawScreen(sceneOf({ ui: { view: 'gpus' } })));
  assert.match(page, /alloc █{12}▓{6}·{6} {2}0\.75\/1 {2}█ bart:v4#1 0\.5 {2}▓ bart:v4#2 0\.25/);
  assert.match(page, /util +█+·+ {2}82%/);
  assert.match(page, /mem +█+·+ {2}50% {2}8\.0G of 16G/);
  assert.match(page, /GPU 1 [\s\S]*free/);
  assert.match(page, /Waiting[\s\S]*resnet:v2 {2}it starts/);
});

test('without GPUs it says how some are declared', () => {
  const status = statusOf();
  const [node] = status.nodes;
  assert.ok(node);
  const page = pageOf(
    drawScreen(
      sceneOf({ ui: { view: 'gpus' }, live: liveOf({ status: { ...status, nodes: [{ ...node, gpus: [] }] } }) }),
    ),
  );
  assert.match(page, /serve\.start\(\{ resources: \{ gpus: 2 \} \}\)/);
});

test('a filter that hides everything says so, and how to get rid of it', () => {
  const page = pageOf(drawScreen(sceneOf({ ui: { view: 'replicas', filters: { replicas: 'zzz' } } })));
  assert.match(page, /No replica matches \/zzz {2}\(Esc clears the filter\)/);
});

test('an instance without endpoints says what to type', () => {
  const status = statusOf({ endpoints: {}, backends: {}, replicas: [] });
  assert.match(pageOf(drawScreen(sceneOf({ live: liveOf({ status }) }))), /client\.createEndpoint/);
});

test('what is lost is dimmed, and keeps what was known last', () => {
  const phase = {
    type: 'lost',
    reason: 'its process has ended',
    since: NOW - 12_000,
    attempt: 2,
    retryAt: NOW + 3_500,
  } as const;
  const lines = drawScreen(sceneOf({ live: liveOf({ phase }) }));
  assert.match(textOf(lines[0] ?? []), /✖ DISCONNECTED 12s {2}default .*as of \d\d:\d\d:\d\d {2}retry in 4s, try 2/);
  assert.match(pageOf(lines), /v1 80%/);
  assert.ok(lines.slice(3, -1).every((line) => line.every(({ tone }) => tone === 'dim')));
});

test('one that says nothing any more is stale, also without traffic; one that has nothing new to tell is not', () => {
  const at = NOW - 10_000;
  const idle = statusOf({
    endpoints: { idle: { route: null, methods: [], traffic: {}, shadows: {}, stats: statsOf(0) } },
  });
  const stateOf = (given: Partial<Live>): string =>
    textOf(drawScreen(sceneOf({ live: liveOf({ at, status: idle, ...given }) }))[0] ?? []);
  assert.match(stateOf({}), /● LIVE/);
  assert.match(stateOf({ heardAt: at }), /◌ STALE 10s/);
});

test('a frozen screen shows what was, and says so', () => {
  // Nothing had changed for a minute when it was frozen.
  const frozen = { ...liveOf({ at: NOW - 65_000 }), log: NO_LOG, pictures: NO_PICTURES, since: NOW - 5_000 };
  const lines = drawScreen(sceneOf({ ui: { frozen }, live: liveOf({ status: statusOf({ endpoints: {} }) }) }));
  assert.match(textOf(lines[0] ?? []), /◌ FROZEN 5s/);
  assert.match(pageOf(lines), /classify/);
});

test('events of a level and above are shown, and what users wrote cannot drive the terminal', () => {
  const events = [
    {
      type: 'error.unhandled',
      at: '2026-03-01T11:59:00Z',
      message: 'bad\x1b[2Jtext\nmore',
      source: 'v1#1',
      stack: null,
    } as const,
    {
      type: 'replica.started',
      at: '2026-03-01T11:59:30Z',
      message: 'it runs',
      backend: 'v1',
      replica: 'v1#1',
    } as const,
  ];
  const all = pageOf(drawScreen(sceneOf({ ui: { view: 'events' }, live: liveOf({ events }) })));
  assert.match(all, /✖ error .*bad\\u\{1b\}\[2Jtext\\nmore/);
  assert.match(all, /it runs/);
  const errors = pageOf(drawScreen(sceneOf({ ui: { view: 'events', level: 'error' }, live: liveOf({ events }) })));
  assert.not.match(errors, /it runs/);
});

test('the log says which replica has printed a line, filters by it, and drives no terminal', () => {
  const log = {
    problem: null,
    lines: ['servelab: model#2 died', 'model#1 | loaded \x1b[31mred', 'model#2 | loaded', 'model#1 | answered'],
  };
  const of = (given: Partial<Scene>, filter = ''): string =>
    pageOf(drawScreen(sceneOf({ log, ui: { view: 'log', filters: { log: filter } }, ...given })));
  assert.match(of({}), /model#1 +loaded \\u\{1b\}\[31mred/);
  assert.not.match(of({}, 'replica:model#1'), /model#2/);
  assert.match(of({}, 'replica:model#2'), /servelab: model#2 died[\s\S]*model#2 +loaded/);
  assert.match(of({}, 'zzz'), /No line matches \/zzz/);
  assert.match(of({ log: NO_LOG }), /Nothing has been printed/);
  assert.match(of({ log: { lines: [], problem: "instance 'default' has no log" } }), /instance 'default' has no log/);
});

test('below the size of panels there is a line for each endpoint, and below that the state', () => {
  const compact = textsOf(drawScreen(sceneOf({ columns: 50, rows: 10 })));
  assert.match(compact[1] ?? '', /^classify +300\/s +0% +63\.3ms *$/);
  assert.match(compact[9] ?? '', /60x14 shows more/);
  assert.match(textsOf(drawScreen(sceneOf({ columns: 18, rows: 3 })))[0] ?? '', /● LIVE/);
});

test('five thousand replicas are drawn as quickly as they have room: only those', () => {
  const replicas = Array.from({ length: 5_000 }, (_, at) => replicaOf(`many#${at + 1}`));
  const status = statusOf({ replicas, backends: { many: backendOf(5_000, 5_000) } });
  const lines = drawScreen(
    sceneOf({ ui: { view: 'replicas', selected: { replicas: 'many#2500' } }, live: liveOf({ status }) }),
  );
  assert.is(lines.length, 40);
  assert.match(pageOf(lines), /▌● RUNNING +many#2500 /);
});

test.run();
