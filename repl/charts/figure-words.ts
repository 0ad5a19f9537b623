/** A figure in a few sentences, for those who do not see it. */
import type { Figure, Plot, Series } from './figure.ts';
import { valueText } from './number-text.ts';
import { shareText } from './shares-svg.ts';

export function describe(figure: Figure): { readonly name: string; readonly description: string } {
  const sentences = [...figure.plots.map(sentenceOf), ...figure.notes.map(({ text }) => text)];
  return { name: figureName(figure), description: `${sentences.join('. ')}.` };
}

export const figureName = ({ title, plots }: Figure): string => title ?? plots.map(subjectOf).join(', ');

function subjectOf(plot: Plot): string {
  if (plot.title !== null) return plot.title;
  switch (plot.kind) {
    case 'lines':
      return `${plot.series.map(({ name }) => name).join(', ')} by ${plot.x.name}`;
    case 'bars':
      return `${plot.series.map(({ name }) => name).join(', ')} by ${plot.name}`;
    case 'histogram':
      return 'histogram';
    case 'shares':
      return 'shares';
  }
}

function sentenceOf(plot: Plot): string {
  switch (plot.kind) {
    case 'lines':
      return `${subjectOf(plot)}: ${plot.x.values.length} points; ${plot.series.map((one) => rangeOf(one, plot.unit)).join('; ')}`;
    case 'bars':
      return `${subjectOf(plot)}: ${plot.categories.length} bars; ${plot.series.map((one) => rangeOf(one, plot.unit)).join('; ')}`;
    case 'histogram': {
      const counted = plot.bins.reduce((sum, { count }) => sum + count, plot.beyond?.count ?? 0);
      const marks = plot.marks.map(({ name, value }) => `, ${name} ${valueText(value, plot.unit)}`);
      return `${subjectOf(plot)} of ${counted} values${marks.join('')}`;
    }
    case 'shares':
      return plot.wholes
        .map(({ label, parts, shadows }) => {
          const said = [...parts.map((part) => `${part.name} ${shareText(part.share, plot)}`)];
          const copies = shadows.map((part) => `${part.name} copies of ${shareText(part.share, plot)}`);
          return `${label === '' ? '' : `${label}: `}${[...said, ...copies].join(', ') || 'nothing'}`;
        })
        .join('; ');
  }
}

function rangeOf({ name, values }: Series, unit: string): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return `${name}: no values`;
  const [least, most] = [Math.min(...known), Math.max(...known)];
  return `${name} from ${valueText(least, unit)} to ${valueText(most, unit)}`;
}
