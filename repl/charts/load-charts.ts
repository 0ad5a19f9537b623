/** `chart`, whose code is loaded when the first is drawn: every session begins, and few draw. */
import { createRequire } from 'node:module';
import type { charts } from './charts.ts';
import type { Charts, LiveChart, LiveGiven, LivePlace, Sample } from './live-chart.ts';

/** At once, as whoever draws does not wait. These are the built files. */
const load = createRequire(import.meta.url);

const loaded = (): typeof charts => (load('./charts.js') as { readonly charts: typeof charts }).charts;

export const chartsWith = (live: Charts['live']): Charts => ({
  get lines() {
    return loaded().lines;
  },
  get bars() {
    return loaded().bars;
  },
  get histogram() {
    return loaded().histogram;
  },
  get split() {
    return loaded().split;
  },
  live,
});

type LiveChartClass = new (given: LiveGiven, sample: Sample, place: LivePlace) => LiveChart;

/** One that has begun. Throws INVALID_ARGUMENT. */
export function startLive(given: LiveGiven, sample: Sample, place: LivePlace): LiveChart {
  const { LiveChart } = load('./live-chart.js') as { readonly LiveChart: LiveChartClass };
  return new LiveChart(given, sample, place).start();
}
