/** Where an axis begins and ends, and where it says so. */

export interface Axis {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
  /** The least distance of two ticks. */
  readonly step: number;
  /** 0 at its beginning, 1 at its end. */
  place(value: number): number;
}

/** Of its largest value an axis spans more than this: below it numbers no longer differ by even steps. */
const LEAST_SPAN = 1e-9;

/** Round numbers, about `wanted` of them, the values between them. `whole`: in steps of at least 1, as counts have it. */
export function linearAxis(least: number, most: number, wanted: number, steps: 'any' | 'whole' = 'any'): Axis {
  const [low, high] = widened(least, most);
  const found = roundStep((high - low) / Math.max(1, wanted));
  const step = steps === 'whole' ? Math.max(1, found) : found;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  const ticks = Array.from({ length: last - first + 1 }, (_, at) => withoutDust((first + at) * step));
  return axisOf(ticks, step, (value) => value);
}

/** For values > 0: ticks at powers of ten, or at 1, 2 and 5 where there are few of these. */
export function logAxis(least: number, most: number): Axis {
  const first = Math.floor(Math.log10(least) + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.log10(most) - 1e-9));
  const every = Math.ceil((last - first) / 6);
  const powers = Array.from({ length: Math.floor((last - first) / every) + 1 }, (_, at) => first + at * every);
  const factors = last - first <= 2 ? [1, 2, 5] : [1];
  const ticks = powers.flatMap((power) => factors.map((factor) => withoutDust(factor * 10 ** power)));
  const inside = ticks.filter((tick) => tick <= 10 ** last * (1 + 1e-9));
  const end = 10 ** (first + Math.ceil((last - first) / every) * every);
  const all = (inside.at(-1) ?? 0) < end * (1 - 1e-9) ? [...inside, withoutDust(end)] : inside;
  return axisOf(all, all[0] ?? 1, (value) => Math.log10(value));
}

function axisOf(ticks: readonly number[], step: number, measure: (value: number) => number): Axis {
  const [from = 0] = ticks;
  const to = ticks.at(-1) ?? 1;
  const [start, end] = [measure(from), measure(to)];
  return { from, to, ticks, step, place: (value) => (measure(value) - start) / (end - start) };
}

function widened(least: number, most: number): readonly [number, number] {
  const size = Math.max(Math.abs(least), Math.abs(most));
  if (most - least > size * LEAST_SPAN) return [least, most];
  return size === 0 ? [0, 1] : [least, least + size * 0.1];
}

/** 1, 2 or 5 times a power of ten. */
function roundStep(wanted: number): number {
  const power = 10 ** Math.floor(Math.log10(wanted));
  const factor = [1, 2, 5, 10].find((one) => one * power >= wanted * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** 0.30000000000000004 is 0.3. */
const withoutDust = (value: number): number => Number(value.toPrecision(12));
