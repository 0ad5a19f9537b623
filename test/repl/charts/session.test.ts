// Charts and pictures as a session puts them out, to whoever looks at it.
import { tmpdir } from 'node:os';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { MimeBundle, Output } from '../../../repl/session/protocol.ts';
import { PromptSession, type Ran } from '../commands/prompt-session.ts';
import { elementsOfPicture, textsOf } from './picture.ts';

const test = suite('charts in a session');

const session = await PromptSession.open('charts-session', tmpdir(), {
  resources: { gpus: [{ index: 0, name: 'NVIDIA H200' }, { index: 1 }] },
});
const { instance } = session;
for (const tag of ['v1', 'v2']) await instance.createBackend(tag, () => ({ tag }));
await instance.createBackend('ocr', () => 1, { actorOptions: { numGpus: 0.5 } });
await instance.createEndpoint('model', { backend: 'v1', route: '/model' });
await instance.setTraffic('model', { v1: 0.75, v2: 0.25 });
await instance.shadowTraffic('model', 'v2', 0.5);

test.after(() => session.close());

const resultOf = ({ outputs }: Ran): MimeBundle | undefined =>
  outputs.flatMap((output) => (output.type === 'execute_result' ? [output.data] : [])).at(-1);
const svgOf = (bundle: MimeBundle | undefined): string => String(bundle?.['image/svg+xml'] ?? '');

test('a chart is a result: a picture, a Vega-Lite chart and a text of one value', async () => {
  const bundle = resultOf(await session.run("chart.split({ v1: 0.9, v2: 0.1 }, { title: 'Who' })"));
  assert.ok(textsOf(svgOf(bundle)).includes('Who'));
  assert.ok(bundle?.['application/vnd.vegalite.v5+json']);
  assert.match(bundle?.['text/plain'] ?? '', /^Who\n {2}v1 {2}█/);
  assert.not.ok('application/json' in (bundle ?? {}));
  const refused = await session.run("chart.lines([{ a: 1 }], { x: 'a', y: 'b' })");
  assert.match(refused.error ?? '', /INVALID_ARGUMENT .*no row of chart\.lines has 'b' \(y\); there are 'a'/);
});

test('what the commands show is a picture of what there is', async () => {
  const traffic = textsOf(svgOf(resultOf(await session.run('.traffic'))));
  for (const wanted of ['model', 'v1 75 %', 'v2 25 %', 'v2 copies of 50 %'])
    assert.ok(traffic.includes(wanted), wanted);
  const gpus = textsOf(svgOf(resultOf(await session.run('.gpus'))));
  for (const wanted of ['GPU 0  NVIDIA H200', 'ocr#1 0.5', 'GPU 1']) assert.ok(gpus.includes(wanted), gpus.join('|'));
  assert.match(gpus.find((text) => text.includes('0.5 free')) ?? '', /^0\.5 free · /);
});

test('rows are a table, cells escaped, numbers to the right', async () => {
  for (const command of ['.status', '.backends', '.endpoints', '.replicas', '.revisions', '.names']) {
    const html = String(resultOf(await session.run(command))?.['text/html'] ?? '');
    if (command !== '.names') assert.match(html, /<table>\n<thead><tr><th align="(?:left|right)">/, command);
    assert.not.match(html, /<(?:style|script)|style=/);
  }
  const own = resultOf(await session.run("[{ name: '<b>', n: 1 }, { name: 'b', n: 20 }]"));
  assert.is(
    own?.['text/html'],
    '<table>\n<thead><tr><th align="left">name</th><th align="right">n</th></tr></thead>\n<tbody>\n' +
      '<tr><td align="left">&lt;b&gt;</td><td align="right">1</td></tr>\n' +
      '<tr><td align="left">b</td><td align="right">20</td></tr>\n</tbody>\n</table>',
  );
});

test("a load's picture grows where it is seen, is complete at the end, and is not there twice", async () => {
  const ran = await session.run('const load = await show.load("model", { rps: 100, forMs: 1200 }); load');
  const pictures = ran.displays.map(({ data }) => elementsOfPicture(svgOf(data)));
  assert.ok(pictures.length >= 3);
  assert.is(new Set(ran.displays.map(({ display }) => display)).size, 1);
  assert.match(textsOf(svgOf(ran.displays[0]?.data)).join('|'), /^model: 100\/s, 0\.\d of 1\.2 s\|Latency\|/);
  const last = textsOf(svgOf(ran.displays.at(-1)?.data));
  assert.ok(last.includes('Latencies') && last.some((text) => /^p95 \d/.test(text)), last.join('|'));
  assert.ok(
    last.some((text) => text.startsWith('120 sent, 120 answered')),
    last.join('|'),
  );
  assert.is(svgOf(resultOf(ran)), '', 'its result is the text');
  assert.match(ran.result ?? '', /^model: 120 sent at 100\/s/m);
  assert.is(svgOf(resultOf(await session.run('load'))), svgOf(ran.displays.at(-1)?.data), 'elsewhere it is whole');
});

interface Live {
  readonly type: string;
  readonly display: string | null;
  readonly points: number;
}

const livesOf = ({ displays }: Ran): readonly Live[] =>
  displays.map(({ type, display, data }) => ({ type, display, points: pointsOf(data) }));

/** As many as its description says. */
function pointsOf(data: MimeBundle): number {
  const svg = svgOf(data);
  const said = elementsOfPicture(svg).find(({ name }) => name === 'desc')?.text ?? '';
  return Number(/(\d+) points/.exec(said)?.[1] ?? 0);
}

const WAIT = 'const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));';

test('a live chart is shown at once, grows while its cell runs, and ends with it', async () => {
  const ran = await session.run(
    `${WAIT} let n = 0; const watched = chart.live({ every: 50, title: 'Counted' }, () => ({ n: n++, text: 'no line' }));
     await wait(1100); console.log(watched.data.length)`,
  );
  const [first, ...updates] = livesOf(ran);
  assert.equal([first?.type, first?.points], ['display_data', 0]);
  assert.ok(updates.every(({ type, display }) => type === 'update_display_data' && display === first?.display));
  // Four in a second at most, and the last one when the cell has ended.
  assert.ok(updates.length >= 2 && updates.length <= 7, `${updates.length} updates`);
  const sampled = Number(ran.printed);
  assert.ok(sampled >= 5 && (updates.at(-1)?.points ?? 0) >= sampled, `${sampled} of ${updates.at(-1)?.points}`);
  assert.ok(textsOf(svgOf(ran.displays.at(-1)?.data)).includes('Counted'));
  const after = await session.run(
    `${WAIT.replace('wait', 'again')} const was = watched.data.length; await again(200); watched.data.length - was`,
  );
  assert.is(after.result, '0', 'nothing is sampled any more');
  assert.is(
    svgOf(resultOf(await session.run('watched'))),
    svgOf(ran.displays.at(-1)?.data),
    'and it can be shown again',
  );
});

test('it ends when it is stopped, when its cell is interrupted, and with what its sample throws', async () => {
  const stopped = await session.run(
    `const one = chart.live({ every: 50, y: 'a', unit: 'ms' }, async () => ({ a: 5 })); await wait(200); one.stop();
     const had = one.data.length; await wait(200); [had > 0, one.data.length - had]`,
  );
  assert.is(stopped.result, '[ true, 0 ]');
  let interrupted = false;
  const ended = await session.run('const two = chart.live({ every: 50 }, () => 7); await wait(60_000)', (output) => {
    if (interrupted || output.type !== 'update_display_data') return;
    interrupted = true;
    session.interrupt();
  });
  assert.is(ended.status, 'error');
  assert.ok((livesOf(ended).at(-1)?.points ?? 0) > 0, 'its last state is right');
  const threw = session.outputsUntil((output: Output) => output.type === 'error');
  await session.run("chart.live({ every: 50 }, () => { throw new RangeError('no sample') }); await wait(300)");
  assert.match(((await threw) as Extract<Output, { type: 'error' }>).text, /RangeError: no sample/);
});

const BAD: readonly (readonly [code: string, said: RegExp])[] = [
  ['chart.live({}, 5)', /chart\.live wants a function .*, got 5/],
  ['chart.live({ every: 1 }, () => 1)', /every of chart\.live must be a number of ms >= 50, got 1/],
  ['chart.live({ evry: 1 }, () => 1)', /chart\.live has no option 'evry'; there are 'every', 'y'/],
  ["chart.live({ y: 'a' }, () => ({ b: 1 })); await wait(300)", /no 'a' in what chart\.live samples; there are 'b'/],
  [
    "chart.live({}, () => 'x'); await wait(300)",
    /what chart\.live samples must be a number or an object of numbers, got 'x'/,
  ],
];

for (const [code, said] of BAD) {
  test(`refused: ${code}`, async () => assert.match((await session.run(code)).error ?? '', said));
}

test.run();
