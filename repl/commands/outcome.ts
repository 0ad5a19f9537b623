import type { TracedLeg } from '../../lib/index.ts';
import { paint } from '../display/paint.ts';
import type { Look } from '../session/protocol.ts';

/** How a query ended, or that it has not: green, yellow or red. */
export const outcomeText = (look: Look, outcome: TracedLeg['outcome']): string =>
  paint(look, outcome === 'ok' ? 'green' : outcome === 'pending' ? 'yellow' : 'red', outcome);
