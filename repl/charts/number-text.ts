/** Numbers with units, as axes and labels have them. */

/** How the numbers of one axis are said. */
export interface Scale {
  /** They are divided by it before they are said. */
  readonly factor: number;
  /** Behind each, with the blank that belongs there. */
  readonly suffix: string;
}

type Step = readonly [from: number, factor: number, suffix: string];

const STEPS: Readonly<Record<string, readonly Step[]>> = {
  ms: [
    [10_000, 1000, ' s'],
    [1, 1, ' ms'],
    [0.001, 0.001, ' µs'],
    [0, 1e-6, ' ns'],
  ],
  B: [
    [1e12, 1e12, ' TB'],
    [1e9, 1e9, ' GB'],
    [1e6, 1e6, ' MB'],
    [1e3, 1e3, ' kB'],
    [0, 1, ' B'],
  ],
};

const PLAIN_STEPS: readonly Step[] = [
  [1e12, 1e12, ' T'],
  [1e9, 1e9, ' G'],
  [1e7, 1e6, ' M'],
  [0, 1, ''],
];

/** `most`: the largest of the numbers, which decides for all of them. */
export function scaleOf(unit: string, most: number): Scale {
  const size = Math.abs(most);
  const steps = STEPS[unit];
  const [, factor, prefix] = (steps ?? PLAIN_STEPS).find(([from]) => size >= from) ?? [0, 1, ''];
  // Nothing is 0 ms, and not 0 ns.
  if (size === 0) return { factor: 1, suffix: suffixOf(unit) };
  return { factor, suffix: steps === undefined ? `${prefix}${suffixOf(unit)}` : prefix };
}

const suffixOf = (unit: string): string => (unit === '' || unit.startsWith('/') ? unit : ` ${unit}`);

/** One that stands by itself, in three digits. */
export function valueText(value: number, unit: string): string {
  const { factor, suffix } = scaleOf(unit, value);
  return `${roundText(value / factor)}${suffix}`;
}

/** One of an axis whose ticks are so far from one another. */
export function tickText(value: number, step: number, { factor, suffix }: Scale): string {
  const decimals = Math.min(Math.max(0, Math.ceil(-Math.log10(step / factor) - 1e-9)), 12);
  const scaled = value / factor;
  const isHuge = Math.abs(scaled) >= 1e9 || (scaled !== 0 && step / factor < 1e-6);
  return `${isHuge ? shortest(scaled.toExponential(2)) : grouped(scaled.toFixed(decimals))}${suffix}`;
}

function roundText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9 || (size > 0 && size < 1e-6)) return shortest(value.toExponential(2));
  if (size >= 1000) return grouped(value.toFixed(0));
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}

const shortest = (exponential: string): string => exponential.replace(/\.?0+e/, 'e').replace('e+', 'e');

/** 1234567.8 as `1 234 567.8`; no minus before nothing. */
const grouped = (text: string): string => {
  const plain = /^-0(?:\.0*)?$/.test(text) ? text.slice(1) : text;
  return plain.replace(/\d+/, (whole) => whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ' '));
};
