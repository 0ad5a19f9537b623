/** Numbers as people read them at a glance. */

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
] as const;

/** `6s`, `1m35s`, `2h14m`, `3d04h`: at most two units, at most six columns. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  for (const [at, [unit, size]] of UNITS.entries()) {
    if (seconds < size) continue;
    const [nextUnit, nextSize] = UNITS[at + 1] ?? (['s', 1] as const);
    const rest = Math.floor((seconds % size) / nextSize);
    return `${Math.floor(seconds / size)}${unit}${String(rest).padStart(2, '0')}${nextUnit}`;
  }
  return `${seconds}s`;
}

/** A window of time, in whole seconds: `30 s`, `5 min`. */
export const windowText = (seconds: number): string =>
  seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;

/** A latency; its unit is always ms up to 10 s, so that a column is read by its length. `-`: there is none. */
export function latencyText(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return '-';
  if (ms >= 10_000) return `${(ms / 1_000).toFixed(1)}s`;
  if (ms >= 1_000) return `${Math.round(ms)}ms`;
  return ms >= 100 ? `${ms.toFixed(0)}ms` : `${ms.toFixed(ms < 1 ? 2 : 1)}ms`;
}

/** A rate per second in at most five columns: `0.4`, `316`, `12.3k`. */
export function rateText(rate: number): string {
  if (rate === 0) return '0';
  if (rate < 10) return rate.toFixed(1);
  return countText(rate);
}

/** `999`, `1.2k`, `34k`, `5.6M`. */
export function countText(count: number): string {
  if (count < 1_000) return String(Math.round(count));
  const [unit, size] = count < 999_500 ? (['k', 1e3] as const) : (['M', 1e6] as const);
  const value = count / size;
  return `${value < 99.95 ? value.toFixed(1).replace(/\.0$/, '') : value.toFixed(0)}${unit}`;
}

/** A share of 1: `0.5%`, `80%`. Never rounded to nothing, and never to everything. */
export function percentText(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.05) return '<0.1%';
  if (percent > 99.9 && percent < 100) return '99.9%';
  return `${Number(percent.toFixed(1))}%`;
}

/** Binary: `512M`, `1.4G`. */
export function bytesText(bytes: number): string {
  const [unit, size] =
    bytes < 2 ** 20
      ? (['K', 2 ** 10] as const)
      : bytes < 2 ** 30
        ? (['M', 2 ** 20] as const)
        : (['G', 2 ** 30] as const);
  const value = bytes / size;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)}${unit}`;
}

/** Exact as far as anybody cares: 0.1 + 0.2 is 0.3. */
export const amountText = (value: number): string => String(Number(value.toFixed(4)));

/** Local time of day. */
export function clockText(ms: number): string {
  const date = new Date(ms);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}
