import type { ServeStatus } from '../../lib/index.ts';
import { splitBar } from '../frame/bars.ts';
import { type Line, line, span } from '../frame/line.ts';
import { amountText, percentText, rateText } from '../frame/units.ts';
import { endpointRows } from '../model/rows.ts';
import { shortNames, trafficParts } from '../views/split.ts';
import { notReady } from './change-commands.ts';
import { type Command, type CommandContext, literal, requireName, requireStatus, requireWord } from './command.ts';
import { readWeights, type Weights } from './weights.ts';

const BAR = 36;

export const traffic: Command = {
  name: 'traffic',
  usage: 'traffic <endpoint> backend=weight…',
  about: 'splits its queries, in % or adding up to 1',
  complete: ([endpoint = ''], at, { status }) => {
    if (at === 0) return Object.keys(status?.endpoints ?? {});
    const first = Object.keys(status?.endpoints[endpoint]?.traffic ?? {});
    return [...new Set([...first, ...Object.keys(status?.backends ?? {})])].map((tag) => `${tag}=`);
  },
  read: (words, context) => {
    const status = requireStatus(context);
    const endpoint = requireName(requireWord(words, 0, 'the endpoint'), 'endpoint', Object.keys(status.endpoints));
    const now = status.endpoints[endpoint]?.traffic ?? {};
    const weights = readWeights(words.slice(1), now, Object.keys(status.backends));
    return {
      type: 'plan',
      plan: {
        title: `split ${endpoint}: ${Object.entries(weights)
          .map(([tag, weight]) => `${tag} ${percentText(weight)}`)
          .join(', ')}`,
        call: `await client.setTraffic(${literal(endpoint)}, ${literal(weights)})`,
        confirmation: { type: 'yes' },
        preview: previewOf(endpoint, now, weights, status, context),
        warnings: warningsOf(now, weights, status),
        about: { kind: 'endpoint', name: endpoint },
        revision: status.instance.revision,
        run: (client) => client.setTraffic(endpoint, weights),
      },
    };
  },
};

/** Bars below each other in which every backend has its own colour, before and after. */
function previewOf(
  endpoint: string,
  now: Weights,
  next: Weights,
  status: ServeStatus,
  { look }: CommandContext,
): Line[] {
  const tags = [...new Set([...Object.keys(now), ...Object.keys(next)])];
  const short = shortNames(tags);
  const bar = (name: string, weights: Weights): Line => {
    const parts = tags.map((tag) => ({ tag, share: weights[tag] ?? 0 }));
    const names = tags
      .filter((tag) => (weights[tag] ?? 0) > 0)
      .map((tag) => `${short.get(tag)} ${percentText(weights[tag] ?? 0)}`);
    return [
      span(` ${name}  `, 'dim'),
      ...splitBar(trafficParts(parts, look), BAR, look.glyphs.empty),
      span(`  ${names.join('  ')}`),
    ];
  };
  return [bar('now', now), bar('new', next), ...loadLines(endpoint, now, next, status)];
}

/** What each backend that gets more will be asked, if callers go on as they did in the last minute. */
function loadLines(endpoint: string, now: Weights, next: Weights, status: ServeStatus): Line[] {
  const rate = endpointRows(status).find(({ name }) => name === endpoint)?.stats.rate ?? 0;
  return Object.entries(next).flatMap(([tag, weight]) => {
    const more = weight - (now[tag] ?? 0);
    if (more <= 0 || rate === 0) return [];
    const { running = 0 } = status.backends[tag]?.replicas ?? {};
    const each =
      running === 0 ? '' : `, ${rateText((rate * weight) / running)}/s for each of ${amountText(running)} ready`;
    return [line(span(`      ${tag}: ${rateText(rate * weight)}/s${each}`, 'dim'))];
  });
}

function warningsOf(now: Weights, next: Weights, status: ServeStatus): string[] {
  const isSame = [...Object.keys(now), ...Object.keys(next)].every(
    (tag) => Math.abs((now[tag] ?? 0) - (next[tag] ?? 0)) < 1e-9,
  );
  const used = Object.keys(next).filter((tag) => (next[tag] ?? 0) > 0);
  return [...(isSame ? ['it is split so already: nothing will change'] : []), ...notReady(used, status)];
}
