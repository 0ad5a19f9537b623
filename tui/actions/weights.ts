/** A split as it is typed: `v1=80 v2=20`, `v1=0.8 v2=0.2`, `v2=5%` with the rest for the only other one. Pure. */
import { amountText } from '../frame/units.ts';
import { CommandError, requireName } from './command.ts';

export type Weights = Readonly<Record<string, number>>;

/** As far as floating point goes. */
const NEARLY = 1e-6;

/** Weights that add up to 1. `now`: the split there is. Throws a CommandError. */
export function readWeights(words: readonly string[], now: Weights, backends: readonly string[]): Weights {
  const given = words.map((word) => readWeight(word, now, backends));
  const twice = given.find(({ tag }, at) => given.findIndex((other) => other.tag === tag) !== at);
  if (twice !== undefined) throw new CommandError(`the weight of ${twice.tag} is given twice`);
  if (given.length === 0) throw new CommandError('weights are missing, like v1=80 v2=20');
  const sum = given.reduce((total, { weight }) => total + weight, 0);
  const isPercent = given.some((one) => one.isPercent) || sum > 1 + NEARLY;
  const whole = isPercent ? 100 : 1;
  const weights = given.map(({ tag, weight }): [string, number] => [tag, weight / whole]);
  const rest = 1 - sum / whole;
  if (Math.abs(rest) <= NEARLY) return inOrder(weights, now);
  const others = Object.keys(now).filter((tag) => !weights.some(([other]) => other === tag));
  const [other] = others;
  if (rest > 0 && other !== undefined && others.length === 1) return inOrder([...weights, [other, tidy(rest)]], now);
  const unit = isPercent ? ' %' : '';
  throw new CommandError(
    `the weights add up to ${amountText(sum)}${unit}, and ${isPercent ? '100 %' : '1 (or 100 %)'} is wanted`,
  );
}

/** Those that there were first, as they were: by their place a screen knows their colours. */
function inOrder(weights: readonly (readonly [string, number])[], now: Weights): Weights {
  const given = Object.fromEntries(weights);
  const before = Object.keys(now).filter((tag) => tag in given);
  return Object.fromEntries(
    [...before, ...weights.map(([tag]) => tag).filter((tag) => !before.includes(tag))].map((tag) => [
      tag,
      given[tag] ?? 0,
    ]),
  );
}

interface Given {
  readonly tag: string;
  readonly weight: number;
  readonly isPercent: boolean;
}

function readWeight(word: string, now: Weights, backends: readonly string[]): Given {
  const [, name = '', number = '', percent] = /^([^=]+)=(\d*\.?\d+(?:e-?\d+)?)(%?)$/.exec(word) ?? [];
  if (name === '') throw new CommandError(`'${word}' is no weight, like ${word.split('=', 1)[0] || 'v1'}=80`);
  // Of two backends with the same end, the one that has traffic already is meant.
  const inUse = Object.keys(now).filter((tag) => tag === name || tag.endsWith(`:${name}`));
  const tag =
    inUse.length === 1 && !backends.includes(name) ? (inUse[0] ?? name) : requireName(name, 'backend', backends);
  return { tag, weight: Number(number), isPercent: percent === '%' };
}

/** 1 - 0.9 is 0.1, and no more digits. */
const tidy = (value: number): number => Number(value.toFixed(10));
