/** The columns that tables of endpoints and of backends have in common. */
import type { Stats } from '../../lib/index.ts';
import type { Column } from '../display/fitted-table.ts';
import { paint } from '../display/paint.ts';
import { errorsText, msText, rateText } from './units.ts';

export const STATS_COLUMNS: readonly Column<{ readonly stats: Stats }>[] = [
  { name: 'rate', cell: ({ stats }) => rateText(stats.rate) },
  {
    name: 'errors',
    rank: 1,
    cell: ({ stats }, look) =>
      stats.errorRate > 0 ? paint(look, 'red', errorsText(stats.errorRate)) : errorsText(stats.errorRate),
  },
  { name: 'p50', rank: 3, cell: ({ stats }) => msText(stats.p50Ms) },
  { name: 'p95', rank: 2, cell: ({ stats }) => msText(stats.p95Ms) },
  { name: 'p99', rank: 4, cell: ({ stats }) => msText(stats.p99Ms) },
];
