import type { Client, EndpointStatus } from '../../lib/index.ts';
import { shownFigure } from '../charts/figure-shown.ts';
import { bar, paint } from '../display/paint.ts';
import { Shown } from '../display/shown.ts';
import type { Look } from '../session/protocol.ts';
import { type Command, literal, usageError } from './command.ts';
import { trafficFigure } from './traffic-figure.ts';
import { percentText, rateText } from './units.ts';

type Weights = Readonly<Record<string, number>>;

const USAGE = 'traffic [endpoint [tag=weight…]]';
const BAR_COLUMNS = 30;

export const command: Command<[endpoint?: string, weights?: Weights]> = {
  parse: ([endpoint, ...words]) => {
    if (endpoint === undefined) return [];
    return words.length === 0 ? [endpoint] : [endpoint, weightsOf(words)];
  },
  call: (endpoint, weights) => {
    if (weights !== undefined) return `await client.setTraffic(${literal(endpoint)}, ${literal(weights)})`;
    return `await show.traffic(${endpoint === undefined ? '' : literal(endpoint)})`;
  },
  run: async ({ client }, endpoint, weights) => {
    if (endpoint !== undefined && weights !== undefined) await client.setTraffic(endpoint, weights);
    const found = await endpointsOf(client, endpoint);
    if (found.length === 0) {
      return new Shown(
        found,
        () => "no endpoints yet:\n  await client.createEndpoint('hi', { backend: 'hi', route: '/hi' })",
      );
    }
    const text = (look: Look): string => found.map((one) => trafficText(one, look)).join('\n');
    return shownFigure(found, trafficFigure(found), text);
  },
};

function weightsOf(words: readonly string[]): Weights {
  const pairs = words.map((word): [string, number] => {
    const [, tag = '', weight = '', percent] = /^([^=]+)=(\d*\.?\d+(?:e-?\d+)?)(%)?$/.exec(word) ?? [];
    if (tag === '') throw usageError(USAGE, `'${word}' is no tag=weight like ${word.split('=', 1)[0]}=0.5`);
    return [tag, percent === undefined ? Number(weight) : Number(weight) / 100];
  });
  const twice = pairs.find(([tag], at) => pairs.findIndex(([other]) => other === tag) !== at);
  if (twice !== undefined) throw usageError(USAGE, `the weight of '${twice[0]}' is given twice`);
  return Object.fromEntries(pairs);
}

async function endpointsOf(client: Client, wanted: string | undefined): Promise<(EndpointStatus & { name: string })[]> {
  const { endpoints } = await client.status();
  if (wanted !== undefined && endpoints[wanted] === undefined) await client.getHandle(wanted); // rejects as it should
  return Object.entries(endpoints)
    .filter(([name]) => wanted === undefined || name === wanted)
    .map(([name, status]) => ({ name, ...status }));
}

function trafficText({ name, route, traffic, shadows, stats }: EndpointStatus & { name: string }, look: Look): string {
  const widest = Math.max(...[...Object.keys(traffic), ...Object.keys(shadows)].map((tag) => tag.length));
  const line = (tag: string, share: number, note: string): string =>
    `  ${tag.padEnd(widest)}  ${paint(look, note === '' ? 'cyan' : 'dim', bar(share, BAR_COLUMNS))}  ${percentText(share)}${note}`;
  return [
    `${paint(look, 'bold', name)}  ${route ?? '(by handle only)'}  ${rateText(stats.rate)}`,
    ...Object.entries(traffic).map(([tag, share]) => line(tag, share, '')),
    ...Object.entries(shadows).map(([tag, share]) => line(tag, share, ' shadow')),
  ].join('\n');
}
