/** What `client.metrics()` gives, read. */

export interface Series {
  /** The family's name, without `_bucket` and its like. */
  readonly family: string;
  readonly type: string;
  /** As `{backend="m"}`; '' for none. */
  readonly labels: string;
  /** Its full name: of a histogram `…_sum` and `…_count`; buckets are left out. */
  readonly name: string;
  readonly value: number;
}

/** In the order of the page. A line that is none of the format's is passed over. */
export function readPrometheus(text: string): readonly Series[] {
  const types = new Map<string, string>();
  const series: Series[] = [];
  for (const line of text.split('\n')) {
    const [, typed, type] = /^# TYPE (\S+) (\S+)/.exec(line) ?? [];
    if (typed !== undefined && type !== undefined) types.set(typed, type);
    const [, name, labels = '', value] =
      /^([a-zA-Z_:][\w:]*)(\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})? (\S+)/.exec(line) ?? [];
    if (name === undefined || value === undefined || name.endsWith('_bucket')) continue;
    const family = familyOf(name, types);
    series.push({ family, type: types.get(family) ?? 'untyped', labels, name, value: numberOf(value) });
  }
  return series;
}

function familyOf(name: string, types: ReadonlyMap<string, string>): string {
  if (types.has(name)) return name;
  const stem = name.replace(/_(?:sum|count)$/, '');
  return types.has(stem) ? stem : name;
}

const numberOf = (text: string): number =>
  text === '+Inf' ? Number.POSITIVE_INFINITY : text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
