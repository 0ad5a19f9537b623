/** Numbers and times as people read them. */

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const;

/** `3m 12s`: the two largest units. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const first = UNITS.findIndex(([, size]) => seconds >= size);
  if (first < 0) return '0s';
  let rest = seconds;
  const parts = UNITS.slice(first, first + 2).map(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest %= size;
    return count === 0 ? '' : `${count}${unit}`;
  });
  return parts.filter((part) => part !== '').join(' ');
}

export const since = (time: string): string => duration(Date.now() - Date.parse(time));

/** With one digit behind the point; `-` for none. */
export const decimal = (value: number | null): string => (value === null ? '-' : value.toFixed(1));

/** Exact, as far as anybody cares: 0.1 + 0.2 is 0.3. */
export const amount = (value: number): string => String(Number(value.toFixed(4)));

/** `v1 0.9, v2 0.1`; `-` for none. */
export const weights = (given: Readonly<Record<string, number>>): string =>
  Object.entries(given)
    .map(([tag, weight]) => `${tag} ${amount(weight)}`)
    .join(', ') || '-';
