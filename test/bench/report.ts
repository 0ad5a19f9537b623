/** Results as tables for people, and as one object for later comparison. */
import { availableParallelism } from 'node:os';
import type { Ratio, ScenarioResult, Settings } from './scenario.ts';
import { type RatioResult, ratioOf, type Spread, spreadOf, valuesOf } from './statistics.ts';

export function describeRun({ load, connections, rounds, seconds }: Settings): string {
  const machine = `Node ${process.versions.node}, ${availableParallelism()} cores`;
  return `${machine}; ${load}, ${connections} connections; ${rounds} rounds of ${seconds} s; medians [smallest–largest]`;
}

/** One row per subject, one column per number measured. */
export function subjectTable({ scenario, subjects }: ScenarioResult): string {
  const rows = subjects.map(({ name }) => [
    name,
    ...scenario.columns.map((column) => spreadText(spreadOf(valuesOf(subjects, name, column) ?? []))),
  ]);
  return [`${scenario.name}: ${scenario.title}`, ...table([['', ...scenario.columns], ...rows])].join('\n');
}

/** One row per ratio, of all scenarios. */
export function ratioTable(results: readonly ScenarioResult[]): string {
  const rows = results.flatMap((result) =>
    ratiosOf(result).map((one) => [
      result.scenario.name,
      one.ratio.column,
      `${one.ratio.of} / ${one.ratio.to}`,
      spreadText(one),
      targetText(one.ratio),
      metText(one),
    ]),
  );
  return table([['scenario', 'of', 'ratio', '', 'target', 'met'], ...rows]).join('\n');
}

export function asJson(settings: Settings, results: readonly ScenarioResult[]): string {
  const scenarios = results.map((result) => ({
    name: result.scenario.name,
    subjects: result.subjects,
    ratios: ratiosOf(result).map(({ ratio, ...numbers }) => ({ ...ratio, ...numbers })),
  }));
  const { version, arch } = process;
  return `${JSON.stringify({ node: version, arch, cores: availableParallelism(), settings, scenarios }, null, 2)}\n`;
}

function ratiosOf({ scenario, subjects }: ScenarioResult): RatioResult[] {
  return scenario.ratios.map((ratio) => ratioOf(ratio, subjects));
}

function targetText({ target }: Ratio): string {
  if (target === null) return '';
  return `${target.is === 'atLeast' ? '>=' : '<='} ${target.value}`;
}

function metText({ isMet }: RatioResult): string {
  if (isMet === null) return '';
  return isMet ? 'yes' : 'NO';
}

const spreadText = ({ median, min, max }: Spread): string =>
  `${numberText(median)} [${numberText(min)}–${numberText(max)}]`;

/** Three digits, as more would be pretence. */
function numberText(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
}
