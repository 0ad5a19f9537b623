import { parseArgs } from 'node:util';
import { isWrkInstalled } from './load.ts';
import type { Scenario, Settings } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

export interface BenchOptions {
  readonly scenarios: readonly Scenario[];
  readonly settings: Settings;
  /** Null: no file is written. */
  readonly jsonFile: string | null;
}

export const USAGE = `npm run bench -- [scenario…] [--quick] [--seconds N] [--rounds N] [--load wrk|autocannon] [--json file]
scenarios: ${SCENARIOS.map(({ name }) => name).join(' ')}`;

const CONNECTIONS = 64;

/** Throws what is wrong with the arguments. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      load: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const settings: Settings = {
    rounds: Math.ceil(positive('rounds', values.rounds, values.quick ? 1 : 5)),
    seconds: positive('seconds', values.seconds, values.quick ? 0.2 : 3),
    connections: CONNECTIONS,
    load: loadOf(values.load),
    isQuick: values.quick,
  };
  return { scenarios: chosen(positionals), settings, jsonFile: values.json ?? null };
}

function positive(name: string, given: string | undefined, otherwise: number): number {
  if (given === undefined) return otherwise;
  const value = Number(given);
  if (value > 0) return value;
  throw new Error(`--${name} must be a number > 0, got ${given}`);
}

function loadOf(given: string | undefined): Settings['load'] {
  if (given === 'wrk' || given === 'autocannon') return given;
  if (given === undefined) return isWrkInstalled() ? 'wrk' : 'autocannon';
  throw new Error(`--load must be wrk or autocannon, got ${given}`);
}

function chosen(names: readonly string[]): readonly Scenario[] {
  const unknown = names.find((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown !== undefined) throw new Error(`there is no scenario '${unknown}'`);
  return names.length === 0 ? SCENARIOS : SCENARIOS.filter(({ name }) => names.includes(name));
}
