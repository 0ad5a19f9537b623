import type { EndpointStatus } from '../../lib/index.ts';
import type { Figure, Part, Whole } from '../charts/figure.ts';
import { rateText } from './units.ts';

/** A bar for each endpoint, and beside it those of its shadows, which get copies. */
export function trafficFigure(endpoints: readonly (EndpointStatus & { readonly name: string })[]): Figure {
  const wholes = endpoints.map(
    ({ name, route, traffic, shadows, stats }): Whole => ({
      ...{ label: name, note: `${route ?? 'by handle only'} · ${rateText(stats.rate)}` },
      ...{ parts: partsOf(traffic), shadows: partsOf(shadows) },
    }),
  );
  return { title: null, plots: [{ kind: 'shares', title: null, wholes, as: 'percent' }], notes: [] };
}

const partsOf = (shares: Readonly<Record<string, number>>): readonly Part[] =>
  Object.entries(shares).map(([name, share]) => ({ name, group: name, share }));
