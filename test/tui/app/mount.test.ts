import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FakeInstance } from '../fake-instance.ts';
import { backendOf, replicaOf, statsOf, statusOf } from '../fixture.ts';
import { onScreen } from '../on-screen.ts';

const test = suite('mount');

test(
  'the screen is another one while it is open, and the old one is back afterwards',
  onScreen(async ({ terminal, left }) => {
    await terminal.shows(/LIVE/);
    assert.is(terminal.isAlternate, true);
    assert.is(terminal.keyboard.isRaw, true);
    terminal.type('q');
    await left;
    await terminal.shows(() => !terminal.isAlternate);
    assert.is(terminal.keyboard.isRaw, false);
  }),
);

test(
  'what is drawn is on the screen cell by cell, with its colours',
  onScreen(async ({ terminal }) => {
    await terminal.shows(/LIVE/);
    const column = terminal.lines()[0]?.indexOf('●') ?? -1;
    assert.equal(terminal.cell(column, 0), { text: '●', color: 37, isInverse: false });
    const tab = terminal.lines()[1]?.indexOf('1 Overview') ?? -1;
    assert.is(terminal.cell(tab, 1).isInverse, true);
  }),
);

test(
  'a change of the instance is on the screen',
  onScreen(async ({ terminal, instance }) => {
    await terminal.shows(/v1 80%/);
    const status = statusOf();
    const { classify } = status.endpoints;
    assert.ok(classify);
    instance.tell(
      statusOf({ endpoints: { classify: { ...classify, traffic: { 'resnet:v1': 0.6, 'resnet:v2': 0.4 } } } }),
    );
    await terminal.shows(/v1 60%.*v2 40%/);
  }),
);

test(
  'keys that are pressed fast are pressed one after the other',
  onScreen(async ({ terminal }) => {
    await terminal.shows(/LIVE/);
    terminal.type('2jj/dead\r');
    await terminal.shows(/\/dead {2}1 \(7 in all\)/);
  }),
);

test(
  'a paste is no key, and text where text is typed',
  onScreen(async ({ terminal }) => {
    await terminal.shows(/LIVE/);
    terminal.type('\x1b[200~q2D\x1b[201~');
    terminal.type(':');
    await terminal.shows(/Command/);
    terminal.type('\x1b[200~scale bart:v4\n3\x1b[201~');
    await terminal.shows(/:scale bart:v4 3/);
  }),
);

test(
  'Esc closes what is open, also when another key follows at once',
  onScreen(async ({ terminal }) => {
    await terminal.shows(/LIVE/);
    terminal.type('?');
    await terminal.shows(/Keys/);
    terminal.type('\x1b');
    await terminal.shows((page) => !/ Keys /.test(page));
    terminal.type('?');
    await terminal.shows(/ Keys /);
    terminal.type('\x1b2');
    await terminal.shows(/STATE/);
  }),
);

test(
  'the screen follows the size of the terminal, down to a few cells and back',
  onScreen(async ({ terminal }) => {
    await terminal.shows(/Endpoints/);
    for (const [columns, rows, wanted] of [
      [80, 24, /Endpoints/],
      [50, 10, /50x10/],
      [18, 3, /LIVE/],
      [140, 45, /Latency classify/],
    ] as const) {
      terminal.resize(columns, rows);
      // The whole of it: nothing of what stood there before, no line too long for it.
      await terminal.shows((page) => {
        const lines = page.split('\n');
        const isFramed = columns < 60 || (lines[3] ?? '').length === columns;
        return (
          wanted.test(page) &&
          lines[0]?.includes('LIVE') === true &&
          isFramed &&
          lines.every((line) => line.length <= columns)
        );
      });
    }
  }),
);

test(
  'the wheel moves the selection, a click selects and another opens, once the mouse is on',
  onScreen(async ({ terminal }) => {
    await terminal.shows(/LIVE/);
    terminal.type('M2');
    const page = await terminal.shows(/STATE/);
    const row = page.split('\n').findIndex((line) => line.includes('resnet:v3#1'));
    const click = `\x1b[<0;10;${row + 1}M\x1b[<0;10;${row + 1}m`;
    terminal.type(click);
    await terminal.shows(/▌● RUNNING {2}resnet:v3#1/);
    terminal.type('\x1b[<64;10;10M');
    await terminal.shows(/▌● RUNNING {2}resnet:v1#1/);
    terminal.type(click);
    await terminal.shows(/▌● RUNNING {2}resnet:v3#1/);
    terminal.type(click);
    await terminal.shows(/Replica resnet:v3#1/);
  }),
);

test(
  'a change is shown with its call, asked for, made and told of',
  onScreen(async ({ terminal, instance }) => {
    await terminal.shows(/LIVE/);
    terminal.type(':traffic classify v2=30%');
    await terminal.shows(/client\.setTraffic\('classify', \{ 'resnet:v1': 0\.7, 'resnet:v2': 0\.3 \}\)/);
    terminal.type('\r');
    await terminal.shows(/y does it/);
    assert.equal(instance.calls, []);
    terminal.type('y');
    await terminal.shows(/done, revision 8 - u takes it back/);
    assert.equal(instance.calls, ['setTraffic "classify" {"resnet:v1":0.7,"resnet:v2":0.3}']);
    terminal.type('u');
    await terminal.shows(/client\.rollback\(7\)/);
    terminal.type('y');
    await terminal.shows(/take back: .*: done, revision 9/);
    assert.is(instance.calls[1], 'rollback 7');
  }),
);

test(
  'what somebody else has changed since is not taken back',
  onScreen(async ({ terminal, instance }) => {
    await terminal.shows(/LIVE/);
    terminal.type(':scale bart:v4 3\r');
    await terminal.shows(/done, revision 8/);
    instance.tell({ ...instance.status, instance: { ...instance.status.instance, revision: 9 } });
    await terminal.shows(/rev 9/);
    terminal.type('u');
    await terminal.shows(/revision 9 came after 'scale bart:v4/);
    assert.is(instance.calls.length, 1);
  }),
);

test(
  'a plan for what has gone meanwhile is refused, and nothing else is hit',
  onScreen(async ({ terminal, instance }) => {
    await terminal.shows(/LIVE/);
    terminal.type(':delete backend spare\r');
    await terminal.shows(/Type spare and Enter/);
    terminal.type('y\r');
    await terminal.shows(/Enter: {2}y/);
    assert.equal(instance.calls, []);
    terminal.type('\x15spare');
    await terminal.shows(/Enter: {2}spare/);
    const { spare: _, ...backends } = instance.status.backends;
    instance.tell({ ...instance.status, backends });
    terminal.type('\r');
    await terminal.shows(/there is no backend spare any more: nothing was changed/);
    assert.equal(instance.calls, []);
  }),
);

test(
  'when the instance goes the screen stays, says since when, and is live again when it is back',
  onScreen(async ({ terminal, instance, live }) => {
    await terminal.shows(/LIVE/);
    instance.die();
    const page = await terminal.shows(/DISCONNECTED/);
    assert.match(page, /as of \d\d:\d\d:\d\d {2}retry in/, page);
    assert.match(page, /v1 80%/);
    terminal.type('2');
    await terminal.shows(/STATE/);
    instance.isRunning = true;
    await terminal.shows(() => live.get().phase.type === 'lost');
    terminal.type('r');
    await terminal.shows(/● LIVE/);
  }),
);

test(
  'where nothing runs it says what to do',
  onScreen(
    async ({ terminal, instance }) => {
      await terminal.shows(/NOT RUNNING/);
      assert.match(terminal.page(), /servelab start --detached/);
      instance.isRunning = true;
      terminal.type('r');
      await terminal.shows(/LIVE/);
    },
    { instance: Object.assign(new FakeInstance(), { isRunning: false }) },
  ),
);

test(
  'of two hundred replicas as many are on the screen as have room, and the chosen one is among them',
  onScreen(
    async ({ terminal }) => {
      await terminal.shows(/1-23 of 200/);
      terminal.type('G');
      await terminal.shows(/178-200 of 200/);
      assert.match(terminal.page(), /▌● RUNNING {2}many#200/);
      terminal.type('g');
      await terminal.shows(/▌● RUNNING {2}many#1 /);
    },
    {
      ui: { view: 'replicas' },
      instance: new FakeInstance(
        statusOf({
          backends: { many: backendOf(200, 200, statsOf(0)) },
          replicas: Array.from({ length: 200 }, (_, at) => replicaOf(`many#${at + 1}`)),
        }),
      ),
    },
  ),
);

test.run();
