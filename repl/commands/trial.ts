import type { TrialResult } from '../../lib/index.ts';
import { shownFigure } from '../charts/figure-shown.ts';
import { textOf } from '../display/bundle.ts';
import { paint } from '../display/paint.ts';
import { Shown } from '../display/shown.ts';
import { columnsOf } from '../display/table.ts';
import { newId } from '../new-id.ts';
import type { Look } from '../session/protocol.ts';
import { type Command, literal } from './command.ts';
import { flagsOf, requireNoMore, requireWord } from './flags.ts';
import { trialFigure } from './trial-figure.ts';
import { countText, msText } from './units.ts';
import { durationOf, numberOf, wholeNumberOf } from './words.ts';

const USAGE = 'trial <endpoint> <tag> [--shadow 1] [--count 1000] [--for 60s] [--tolerance 0]';
const FLAGS = { shadow: 'value', count: 'value', for: 'value', tolerance: 'value' } as const;

interface TrialWanted {
  readonly shadow?: number;
  readonly count?: number;
  readonly timeoutMs?: number;
  readonly tolerance?: number;
}

/** Differing fields that are shown. */
const MOST_FIELDS = 20;

export const command: Command<[endpoint: string, tag: string, wanted?: TrialWanted]> = {
  parse: (words) => {
    const { rest, given } = flagsOf(words, FLAGS, USAGE);
    requireNoMore(rest, 2, USAGE);
    const endpoint = requireWord(rest, 0, 'the endpoint', USAGE);
    const tag = requireWord(rest, 1, 'the backend to try', USAGE);
    const wanted: TrialWanted = {
      ...(given.shadow !== undefined && { shadow: numberOf(given.shadow, '--shadow', USAGE) }),
      ...(given.count !== undefined && { count: wholeNumberOf(given.count, '--count', USAGE) }),
      ...(given.for !== undefined && { timeoutMs: durationOf(given.for, USAGE) }),
      ...(given.tolerance !== undefined && { tolerance: numberOf(given.tolerance, '--tolerance', USAGE) }),
    };
    return Object.keys(wanted).length === 0 ? [endpoint, tag] : [endpoint, tag, wanted];
  },
  call: (endpoint, tag, wanted) =>
    `await client.trial(${[endpoint, tag, ...(wanted === undefined ? [] : [wanted])].map(literal).join(', ')})`,
  run: async ({ client, signal, display }, endpoint, tag, wanted = {}) => {
    const id = newId();
    const onProgress = (soFar: TrialResult): void => display(new Shown(soFar, () => progressText(soFar)), id);
    const result = await client.trial(endpoint, tag, { ...wanted, signal, onProgress });
    const text = (look: Look): string => trialText(result, look);
    return result.compared === 0 ? new Shown(result, text) : shownFigure(result, trialFigure(result), text);
  },
};

const progressText = ({ compared, equal, different }: TrialResult): string =>
  `${countText(compared)} compared: ${countText(equal)} equal, ${countText(different)} different`;

function trialText(result: TrialResult, look: Look): string {
  const { backend, endpoint, endedBy, errors, latency, fields, streams, compared, leftOut } = result;
  const row = (who: string, side: 'old' | 'new'): string[] => {
    const { p50Ms, p95Ms, p99Ms } = latency[side];
    const failed = Object.entries(errors[side]).map(([code, count]) => `${code} ${count}`);
    return [who, msText(p50Ms), msText(p95Ms), msText(p99Ms), failed.join(', ') || '0'];
  };
  const left = leftOutText(leftOut);
  if (compared === 0 && left === '' && endedBy === 'timeout') {
    return `nothing was compared: no query came to '${endpoint}' in that time; \`.load ${endpoint}\` sends some`;
  }
  const sides = [row(`${endpoint} now`, 'old'), row(backend, 'new')];
  const table = fields
    .slice(0, MOST_FIELDS)
    .map((one) => [one.field, String(one.count), oneLine(one.old), oneLine(one.new), one.requestId]);
  const none = compared > 0 && fields.length === 0 ? paint(look, 'green', 'every answer was the same') : '';
  return [
    `${progressText(result)}; ended by ${endedBy}${streams > 0 ? `; ${streams} streams by status alone` : ''}`,
    left === '' ? '' : paint(look, 'yellow', `left out: ${left}`),
    fitted(['', 'p50', 'p95', 'p99', 'errors'], sides, look),
    fields.length > 0 ? fitted(['field', 'differs', 'now', backend, 'for example'], table, look) : none,
    fields.length > MOST_FIELDS ? `… ${fields.length - MOST_FIELDS} more fields` : '',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** Queries that were not compared, by why. */
const leftOutText = ({ tooLarge, cancelled, overflow, unanswered }: TrialResult['leftOut']): string =>
  [
    `${countText(tooLarge)} larger than 1 MiB`,
    `${countText(cancelled)} given up by their callers`,
    `${countText(overflow)} for want of room`,
    `${countText(unanswered)} not answered on both sides`,
  ]
    .filter((part) => !part.startsWith('0 '))
    .join(', ');

const fitted = (head: readonly string[], rows: readonly (readonly string[])[], look: Look): string =>
  columnsOf(head, rows, look) ?? rows.map((row) => row.join('  ')).join('\n');

function oneLine(value: unknown): string {
  const text = textOf(value, { colors: false, columns: 200 }).replaceAll('\n', ' ');
  return text.length > 30 ? `${text.slice(0, 29)}…` : text;
}
