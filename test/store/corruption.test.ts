// Damage of every kind to every file: no crash, and never other data than was written without a word about it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadSqlite } from '../../lib/store/node-sqlite.ts';
import { openSqliteFile } from '../../lib/store/sqlite-file.ts';
import { withDirectory } from './directory.ts';
import { rest, startProgram } from './lines-of.ts';
import type { Outcome, Trial } from './programs/corrupting.ts';

const test = suite('corruption');

/** 300; set it higher to look longer. */
const TRIALS = Number(process.env.SERVELAB_CORRUPTIONS ?? 300);
const PER_PROCESS = 50;

interface Pristine {
  readonly path: string;
  /** What it has had, oldest first; the last is what it has. */
  readonly contents: readonly string[];
}

/** Killed: the last writes are in the log only. Closed: all is in the database. */
async function makePristine(path: string, copyAt: number, ending: 'close' | 'kill'): Promise<Pristine> {
  const writer = startProgram('writing', [path, '23', String(copyAt), ending]);
  const contents = await rest(writer);
  assert.equal(await writer.exit, ending === 'kill' ? [null, 'SIGKILL'] : [0, null]);
  assert.is(contents.length, 29);
  return { path, contents };
}

/** Random, and the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function makeTrials(pristines: readonly Pristine[], seed: number): Trial[] {
  const random = randomFrom(seed);
  const pick = <Item>(items: readonly Item[], otherwise: Item): Item =>
    items[Math.floor(random() * items.length)] ?? otherwise;
  return Array.from({ length: TRIALS }, (_, id) => {
    const { path } = pick(pristines, pristines[0] as Pristine);
    const names = ['state.sqlite', path.endsWith('killed') ? 'state.sqlite-wal' : 'state.sqlite'];
    const file = random() < 0.9 ? pick(names, '') : pick(['state.copy.sqlite', 'state.witness'], '');
    const kind = pick<Trial['kind']>(['flip', 'flip', 'zero', 'truncate', 'move'], 'flip');
    // Every fifth in the first two pages, where most of what holds the rest together is.
    const place = random() < 0.2 ? random() * 0.05 : random();
    return { id, pristine: path, file, kind, place, amount: Math.floor(random() * 6_000) };
  });
}

async function runTrials(directory: string, trials: readonly Trial[]): Promise<Map<number, Outcome>> {
  const program = startProgram('corrupting', []);
  program.child.stdin?.end(JSON.stringify({ directory, trials }));
  const outcomes = (await rest(program)).map((line) => JSON.parse(line) as Outcome);
  const last = outcomes.at(-1);
  const at = JSON.stringify(trials.find(({ id }) => id === last?.id));
  assert.equal(await program.exit, [0, null], `the process has ended at ${at}`);
  return new Map(outcomes.map((outcome) => [outcome.id, outcome]));
}

/** What is wrong with an outcome; null when it is right. */
function faultIn(outcome: Outcome | undefined, { contents }: Pristine): string | null {
  if (outcome === undefined || 'begun' in outcome) return 'it has no outcome';
  if ('refused' in outcome) return outcome.refused === 'STORE_CORRUPT' ? null : `refused as ${outcome.refused}`;
  const { content, notice, later } = outcome;
  if (later !== '') return `written on and opened again: ${later}`;
  if (notice === null) return content === contents.at(-1) ? null : 'silently wrong';
  return contents.includes(content) ? null : `this was never its content, and it says: ${notice}`;
}

function kindOf(outcome: Outcome | undefined): 'right' | 'restored' | 'refused' {
  if (outcome === undefined || !('notice' in outcome)) return 'refused';
  return outcome.notice === null ? 'right' : 'restored';
}

test(
  `${TRIALS} damaged stores are right, or restored with a notice, or refused`,
  withDirectory(async (base) => {
    const pristines = await Promise.all([
      makePristine(join(base, 'killed'), 8, 'kill'),
      makePristine(join(base, 'no-copy-killed'), 0, 'kill'),
      makePristine(join(base, 'closed'), 16, 'close'),
      makePristine(join(base, 'no-copy-closed'), 0, 'close'),
    ]);
    const seed = Math.floor(Math.random() * 2 ** 32);
    // Those without a copy of their own cannot have it damaged.
    const trials = makeTrials(pristines, seed).map((trial) =>
      trial.pristine.includes('no-copy') && trial.file === 'state.copy.sqlite'
        ? { ...trial, file: 'state.sqlite' }
        : trial,
    );
    const seen = { right: 0, restored: 0, refused: 0 };
    for (let start = 0; start < trials.length; start += PER_PROCESS) {
      const some = trials.slice(start, start + PER_PROCESS);
      const outcomes = await runTrials(join(base, 'trial'), some);
      for (const trial of some) {
        const outcome = outcomes.get(trial.id);
        const fault = faultIn(outcome, pristines.find(({ path }) => path === trial.pristine) as Pristine);
        assert.is(fault, null, `seed ${seed}, ${JSON.stringify(trial)}: ${fault}`);
        seen[kindOf(outcome)]++;
      }
    }
    if (process.env.SERVELAB_CORRUPTIONS) console.log(JSON.stringify({ seed, ...seen }));
    // The damage was real: most of it was found, and where there was a copy it was used.
    assert.ok(seen.restored > TRIALS / 10 && seen.refused > TRIALS / 20, JSON.stringify(seen));
  }),
);

test(
  'SQLite by itself does not see damage to a value, and the store does',
  withDirectory((directory) => {
    const store = openSqliteFile(directory);
    store.write((records) => ({ rev: records.put('a', new Uint8Array(9_000).fill(7), {}) }));
    store.close();
    const path = join(directory, 'state.sqlite');
    const content = readFileSync(path);
    const at = content.indexOf(new Uint8Array(2_000).fill(7));
    writeFileSync(path, content.fill(8, at, at + 1));
    const { DatabaseSync } = loadSqlite();
    const database = new DatabaseSync(path, { readOnly: true });
    assert.is(database.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok');
    const value = database.prepare('SELECT value FROM entries').get()?.value as Uint8Array;
    assert.is(value.filter((byte) => byte === 8).length, 1);
    database.close();
    assert.throws(() => openSqliteFile(directory), /damaged \(record 'a' does not match its checksum\)/);
  }),
);

test.run();
