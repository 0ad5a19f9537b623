/** Numbers as people read them. */

export const msText = (ms: number | null): string =>
  ms === null
    ? '-'
    : ms < 10
      ? `${ms.toFixed(1)} ms`
      : ms < 10_000
        ? `${ms.toFixed(0)} ms`
        : `${(ms / 1000).toFixed(1)} s`;

export const rateText = (perSecond: number): string =>
  `${perSecond >= 100 || perSecond === 0 ? perSecond.toFixed(0) : perSecond.toFixed(1)}/s`;

export const errorsText = (perSecond: number): string => (perSecond === 0 ? '0' : rateText(perSecond));

export const percentText = (share: number): string => `${Number((share * 100).toFixed(share < 0.01 ? 2 : 1))} %`;

/** From ns to s, in three digits. */
export function preciseText(ms: number): string {
  if (ms < 0.000_999_5) return `${(ms * 1e6).toFixed(0)} ns`;
  if (ms < 0.9995) return `${digits(ms * 1000)} µs`;
  return ms < 9_995 ? `${digits(ms)} ms` : `${digits(ms / 1000)} s`;
}

/** Without an exponent. */
const digits = (value: number): string => value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** In thousands. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.5 ? value.toFixed(0) : value.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

/** 1234567 as `1 234 567`. */
export const countText = (count: number): string => String(count).replace(/\B(?=(?:\d{3})+$)/g, ' ');
