/** That the bench works: every scenario runs and its answers are right. How fast anything is, is not for a test. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isWrkInstalled, loadHttp } from './load.ts';
import type { Ratio, SubjectResult } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';
import { ratioOf } from './statistics.ts';
import { SubjectProcess } from './subject-process.ts';

const test = suite('bench');

/** Of the replica that `replacement` kills. */
const SAID_OF_A_KILL = /^servelab: replica 'model#1' died: its process was killed \(SIGKILL.*\n/gm;

interface Report {
  readonly scenarios: readonly { readonly name: string; readonly subjects: readonly SubjectResult[] }[];
}

test('every scenario runs, and its tables are complete', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const file = join(folder, 'results.json');
    const { exit, stdout, stderr } = await bench('--quick', '--json', file);
    assert.is(`${exit} ${stderr.replace(SAID_OF_A_KILL, '')}`, '0 ');
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
    for (const scenario of SCENARIOS) {
      const measured = report.scenarios.find(({ name }) => name === scenario.name);
      for (const { name } of scenario.subjects) {
        const [sample = {}, ...others] = measured?.subjects.find((subject) => subject.name === name)?.samples ?? [];
        assert.is(others.length, 0);
        for (const column of scenario.columns) {
          // In so short a time a thread may cost no whole page, or no whole tick of the clock.
          assert.ok(Number.isFinite(sample[column]), `${scenario.name}, ${name}: ${column} is ${sample[column]}`);
        }
      }
      const rows = stdout.split('\n').filter((line) => line.startsWith(`  ${scenario.name} `) && line.includes(' / '));
      assert.is(rows.length, scenario.ratios.length, `ratios of ${scenario.name}`);
      const judged = rows.filter((row) => /[<>]= [\d.]+ +(yes|NO)$/.test(row));
      assert.is(judged.length, scenario.ratios.filter(({ target }) => target !== null).length);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('it runs with autocannon alike', async () => {
  const { exit, stderr } = await bench('http', '--quick', '--load', 'autocannon');
  assert.is(`${exit} ${stderr}`, '0 ');
});

test('an unknown scenario is refused with the list of those there are', async () => {
  const { exit, stderr } = await bench('htpp');
  assert.is(exit, 2);
  assert.match(stderr, /no scenario 'htpp'/);
  assert.match(stderr, /scenarios: http echo /);
});

for (const load of ['wrk', 'autocannon'] as const) {
  if (load === 'wrk' && !isWrkInstalled()) continue;
  test(`under ${load}, answers that are no success make a run a broken one`, async () => {
    let asked = 0;
    const server = createServer((_req, res) => {
      asked++;
      res.writeHead(503).end();
    });
    try {
      const url = await listen(server);
      const rejection = await rejectionOf(
        loadHttp({ method: 'GET', url, body: null }, { load, connections: 2, seconds: 0.2 }),
      );
      assert.match(rejection, /requests failed/);
      assert.ok(asked > 0);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
}

test('a subject that ends by itself breaks the run', async () => {
  assert.match(await rejectionOf(SubjectProcess.start('piscina-task', [])), /ended by itself: exit 0/);
});

test('a ratio is the median of those of the rounds, with the smallest and the largest', () => {
  const subjects = [subject('a', [10, 30, 20]), subject('b', [10, 10, 10])];
  const ratio: Ratio = { column: 'x', of: 'a', to: 'b', target: { is: 'atLeast', value: 2 } };
  assert.equal(ratioOf(ratio, subjects), { ratio, median: 2, min: 1, max: 3, isMet: true });
  const below: Ratio = { ...ratio, target: { is: 'atMost', value: 1.9 } };
  assert.is(ratioOf(below, subjects).isMet, false);
});

const subject = (name: string, values: readonly number[]): SubjectResult => ({
  name,
  samples: values.map((x) => ({ x })),
});

function bench(...args: string[]): Promise<{ exit: number; stdout: string; stderr: string }> {
  const main = join(import.meta.dirname, 'main.js');
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, ...args], (_error, stdout, stderr) => {
      resolve({ exit: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function rejectionOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return String(error);
  }
  throw new Error('it did not reject');
}

test.run();
