/** A strict reader of the Prometheus text format 0.0.4; it throws at anything doubtful that a lenient one lets pass. */
export interface ParsedFamily {
  readonly type: string;
  readonly help: string;
  readonly samples: ParsedSample[];
}

export interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

type MutableFamily = ParsedFamily & { readonly samples: ParsedSample[] };

const DESCRIPTION = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) ?(.*)$/s;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/s;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(?:,|$)/s;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: [''],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

/** The families by name. Throws on bad syntax, doubled or scattered families, doubled series and false histograms. */
export function parsePrometheus(text: string): Map<string, ParsedFamily> {
  if (!text.endsWith('\n')) fail('the last line does not end');
  const families = new Map<string, MutableFamily>();
  const helps = new Map<string, string>();
  const series = new Set<string>();
  let current = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const [, keyword, name = '', rest = ''] = DESCRIPTION.exec(line) ?? [];
    if (keyword === 'HELP') addHelp(helps, name, rest);
    if (keyword === 'TYPE') {
      current = name;
      addFamily(families, name, { type: rest, help: helps.get(name) ?? fail(`no HELP before: ${line}`), samples: [] });
    }
    if (line === '' || line.startsWith('#')) continue;
    const sample = parseSample(line);
    addOnce(series, keyOf(sample.name, sample.labels));
    addSample(families.get(current) ?? fail(`no TYPE before: ${line}`), current, sample);
  }
  for (const [name, { type, samples }] of families) if (type === 'histogram') checkHistogram(name, samples);
  return families;
}

/** The value of one series, undefined when it is not there. Labels must be all of its labels. */
export function seriesValue(
  families: ReadonlyMap<string, ParsedFamily>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const wanted = keyOf(name, labels);
  const samples = [...families.values()].flatMap((family) => family.samples);
  return samples.find((sample) => keyOf(sample.name, sample.labels) === wanted)?.value;
}

function addHelp(helps: Map<string, string>, name: string, help: string): void {
  if (helps.has(name)) fail(`second HELP of ${name}`);
  helps.set(name, help);
}

function addFamily(families: Map<string, MutableFamily>, name: string, family: MutableFamily): void {
  if (families.has(name)) fail(`second TYPE of ${name}`);
  if (!Object.hasOwn(SUFFIXES, family.type)) fail(`${name} has the type ${family.type}`);
  families.set(name, family);
}

function addOnce(series: Set<string>, key: string): void {
  if (series.has(key)) fail(`second time: ${key}`);
  series.add(key);
}

function addSample({ type, samples }: MutableFamily, family: string, sample: ParsedSample): void {
  const isOfFamily = SUFFIXES[type]?.some((suffix) => sample.name === family + suffix);
  if (!isOfFamily) fail(`${sample.name} stands below ${family}`);
  samples.push(sample);
}

const keyOf = (name: string, labels: ParsedSample['labels']): string =>
  JSON.stringify([name, ...Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))]);

function parseSample(line: string): ParsedSample {
  const [, name = '', list = '', value = ''] = SAMPLE.exec(line) ?? fail(`bad line: ${line}`);
  const labels: [string, string][] = [];
  for (let rest = list; rest !== ''; ) {
    const [whole, label = '', text = ''] = LABEL.exec(rest) ?? fail(`bad labels: ${line}`);
    if (labels.some(([other]) => other === label)) fail(`label twice: ${line}`);
    labels.push([label, text.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char))]);
    rest = rest.slice(whole.length);
  }
  return { name, labels: Object.fromEntries(labels), value: parseValue(value, line) };
}

function parseValue(value: string, line: string): number {
  if (value === '+Inf') return Number.POSITIVE_INFINITY;
  if (value === '-Inf') return Number.NEGATIVE_INFINITY;
  if (value.toLowerCase() === 'nan') return Number.NaN;
  return /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value) ? Number(value) : fail(`bad value: ${line}`);
}

/** Bounds ascend and end with +Inf, counts do not fall, +Inf equals the count, and there is a sum. */
function checkHistogram(name: string, samples: readonly ParsedSample[]): void {
  const groups = Map.groupBy(samples, ({ labels: { le: _, ...others } }) => keyOf('', others));
  for (const [labels, group] of groups) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels: { le = '' } }) => parseValue(le, `${name}${labels}`));
    const counts = buckets.map(({ value }) => value);
    if (!ascends(bounds, true) || bounds.at(-1) !== Number.POSITIVE_INFINITY) fail(`bounds of ${name}${labels}`);
    if (!ascends(counts, false)) fail(`counts of ${name}${labels} fall`);
    if (counts.at(-1) !== group.find((sample) => sample.name === `${name}_count`)?.value)
      fail(`count of ${name}${labels}`);
    if (!group.some((sample) => sample.name === `${name}_sum`)) fail(`no sum of ${name}${labels}`);
  }
}

const ascends = (numbers: readonly number[], strictly: boolean): boolean =>
  numbers.every((number, at) => {
    const before = numbers[at - 1] ?? Number.NEGATIVE_INFINITY;
    return strictly ? number > before : number >= before;
  });

function fail(message: string): never {
  throw new Error(message);
}
