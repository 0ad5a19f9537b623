/** Commands that change what the instance serves. */
import type { BackendConfig, Client, ServeStatus } from '../../lib/index.ts';
import { meter } from '../frame/bars.ts';
import { type Line, line, span } from '../frame/line.ts';
import { amountText, percentText } from '../frame/units.ts';
import {
  type Command,
  CommandError,
  literal,
  requireName,
  requireNoMore,
  requireNumber,
  requireStatus,
  requireWord,
} from './command.ts';
import { type Plan, rollbackTo } from './plan.ts';

const endpointsOf = (status: ServeStatus | null): string[] => Object.keys(status?.endpoints ?? {});
const backendsOf = (status: ServeStatus | null): string[] => Object.keys(status?.backends ?? {});

const scale: Command = {
  name: 'scale',
  usage: 'scale <backend> <replicas>',
  about: 'how many replicas it has',
  complete: (_, at, { status }) => (at === 0 ? backendsOf(status) : []),
  read: (words, context) => {
    requireNoMore(words, 2);
    const status = requireStatus(context);
    const tag = requireName(requireWord(words, 0, 'the backend'), 'backend', backendsOf(status));
    const count = requireNumber(requireWord(words, 1, 'the number of replicas'), 'the number of replicas');
    if (!Number.isSafeInteger(count) || count < 0)
      throw new CommandError(`a whole number >= 0 is wanted, got ${words[1]}`);
    const { target, running } = status.backends[tag]?.replicas ?? { target: 0, running: 0 };
    const users = usersOf(tag, status);
    return planned(status, {
      title: `scale ${tag} from ${target} to ${count}`,
      call: `await client.updateBackendConfig(${literal(tag)}, { numReplicas: ${count} })`,
      confirmation: count < target ? { type: 'yes' } : { type: 'none' },
      preview: [
        line(span(' now  ', 'dim'), `${target} wanted, ${running} ready`),
        line(span(' new  ', 'dim'), `${count} wanted`),
      ],
      warnings: [
        ...(count === target ? [`it has ${count} already: nothing will change`] : []),
        ...(count === 0 && users.length > 0
          ? [`${users.join(', ')} will answer 503: nothing else answers this share`]
          : []),
      ],
      about: { kind: 'backend', name: tag },
      run: (client) => client.updateBackendConfig(tag, { numReplicas: count }),
    });
  },
};

/** Endpoints that send queries to it. */
const usersOf = (tag: string, { endpoints }: ServeStatus): string[] =>
  Object.entries(endpoints)
    .filter(([, { traffic }]) => (traffic[tag] ?? 0) > 0)
    .map(([name]) => name);

const shadowedBy = (tag: string, { endpoints }: ServeStatus): string[] =>
  Object.entries(endpoints)
    .filter(([, { shadows }]) => (shadows[tag] ?? 0) > 0)
    .map(([name]) => `${name} (shadow)`);

const shadow: Command = {
  name: 'shadow',
  usage: 'shadow <endpoint> <backend> <proportion>',
  about: 'copies a share of its queries to a backend; 0 ends it',
  complete: (_, at, { status }) => (at === 0 ? endpointsOf(status) : at === 1 ? backendsOf(status) : []),
  read: (words, context) => {
    requireNoMore(words, 3);
    const status = requireStatus(context);
    const endpoint = requireName(requireWord(words, 0, 'the endpoint'), 'endpoint', endpointsOf(status));
    const tag = requireName(requireWord(words, 1, 'the backend'), 'backend', backendsOf(status));
    const proportion = readShare(requireWord(words, 2, 'the proportion'));
    const now = status.endpoints[endpoint]?.shadows[tag] ?? 0;
    const bar = (share: number): Line => meter(share, 30, context.look.glyphs, 'info');
    return planned(status, {
      title: `shadow ${endpoint} on ${tag}: ${percentText(now)} to ${percentText(proportion)}`,
      call: `await client.shadowTraffic(${literal(endpoint)}, ${literal(tag)}, ${proportion})`,
      confirmation: { type: 'none' },
      preview: [
        [span(' now  ', 'dim'), ...bar(now), span(`  ${percentText(now)}`)],
        [
          span(' new  ', 'dim'),
          ...bar(proportion),
          span(`  ${percentText(proportion)} of the queries, answers dropped`),
        ],
      ],
      warnings: notReady([tag], status),
      about: { kind: 'endpoint', name: endpoint },
      run: (client) => client.shadowTraffic(endpoint, tag, proportion),
    });
  },
};

/** `0.5` or `50%`. */
function readShare(word: string): number {
  const share = word.endsWith('%')
    ? requireNumber(word.slice(0, -1), 'the proportion') / 100
    : requireNumber(word, 'the proportion');
  if (share < 0 || share > 1) throw new CommandError(`a proportion from 0 to 1, or in %, is wanted, got ${word}`);
  return share;
}

export const notReady = (tags: readonly string[], { backends }: ServeStatus): string[] =>
  tags.flatMap((tag) => {
    const { running = 0, target = 0 } = backends[tag]?.replicas ?? {};
    return running > 0 ? [] : [`${tag} has no replica that is ready (${running}/${target})`];
  });

const CONFIG_KEYS: readonly (keyof BackendConfig)[] = [
  ...(['numReplicas', 'maxBatchSize', 'batchWaitTimeoutMs', 'maxConcurrentQueries', 'maxQueuedQueries'] as const),
  ...(['requestTimeoutMs', 'userConfig', 'gracefulShutdownTimeoutMs', 'healthCheckPeriodMs'] as const),
];

const config: Command = {
  name: 'config',
  usage: 'config <backend> key=value…',
  about: 'changes how it runs; values as JSON',
  complete: (_, at, { status }) => (at === 0 ? backendsOf(status) : CONFIG_KEYS.map((key) => `${key}=`)),
  read: (words, context) => {
    const status = requireStatus(context);
    const tag = requireName(requireWord(words, 0, 'the backend'), 'backend', backendsOf(status));
    requireWord(words, 1, 'what to change');
    const change = Object.fromEntries(words.slice(1).map(readSetting));
    const now: Readonly<Record<string, unknown>> = { ...status.backends[tag]?.config };
    return planned(status, {
      title: `change ${Object.keys(change).join(', ')} of ${tag}`,
      call: `await client.updateBackendConfig(${literal(tag)}, ${literal(change)})`,
      confirmation: { type: 'yes' },
      preview: Object.entries(change).map(([key, value]) =>
        line(
          span(` ${key}  `, 'dim'),
          `${JSON.stringify(now[key]) ?? 'none'} ${context.look.glyphs.arrow} ${JSON.stringify(value)}`,
        ),
      ),
      warnings: [],
      about: { kind: 'backend', name: tag },
      run: (client) => client.updateBackendConfig(tag, change),
    });
  },
};

function readSetting(word: string): [string, unknown] {
  const [, key = '', text = ''] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
  if (!CONFIG_KEYS.some((known) => known === key))
    throw new CommandError(`'${word}' changes nothing; there are ${CONFIG_KEYS.join(', ')}`);
  try {
    return [key, JSON.parse(text)];
  } catch {
    throw new CommandError(`the value of ${key} is no JSON: '${text}'; a text is written "so"`);
  }
}

const remove: Command = {
  name: 'delete',
  usage: 'delete endpoint|backend <name>',
  about: 'deletes it, after its name was typed',
  complete: ([kind], at, { status }) => {
    if (at === 0) return ['endpoint', 'backend'];
    return at > 1 ? [] : kind === 'endpoint' ? endpointsOf(status) : kind === 'backend' ? backendsOf(status) : [];
  },
  read: (words, context) => {
    requireNoMore(words, 2);
    const status = requireStatus(context);
    const kind = requireWord(words, 0, '`endpoint` or `backend`');
    if (kind !== 'endpoint' && kind !== 'backend')
      throw new CommandError(`\`endpoint\` or \`backend\` is wanted, got '${kind}'`);
    const name = requireName(
      requireWord(words, 1, `the ${kind}`),
      kind,
      kind === 'endpoint' ? endpointsOf(status) : backendsOf(status),
    );
    const users = kind === 'backend' ? [...usersOf(name, status), ...shadowedBy(name, status)] : [];
    if (users.length > 0)
      throw new CommandError(`${name} is used by ${users.join(', ')}: take it out with :traffic or :shadow first`);
    const method = kind === 'endpoint' ? 'deleteEndpoint' : 'deleteBackend';
    const rate = status[kind === 'endpoint' ? 'endpoints' : 'backends'][name]?.stats.rate ?? 0;
    return planned(status, {
      title: `delete ${kind} ${name}`,
      call: `await client.${method}(${literal(name)})`,
      confirmation: { type: 'name', name },
      preview: [line(kind === 'endpoint' ? ' Its backends stay.' : ' What it has begun is finished first.')],
      warnings:
        rate > 0 ? [`it was asked ${amountText(Number(rate.toFixed(1)))} times a second in the last minute`] : [],
      about: { kind, name },
      run: (client: Client) => client[method](name),
    });
  },
};

const rollback: Command = {
  name: 'rollback',
  usage: 'rollback <revision>',
  about: 'makes everything as it was then',
  complete: (_, at, { status }) => {
    const revision = status?.instance.revision ?? 0;
    return at > 0 ? [] : Array.from({ length: Math.min(9, revision - 1) }, (__, back) => String(revision - 1 - back));
  },
  read: (words, context) => {
    requireNoMore(words, 1);
    const { instance } = requireStatus(context);
    const revision = requireNumber(requireWord(words, 0, 'the revision'), 'the revision');
    if (!Number.isSafeInteger(revision) || revision < 1 || revision > instance.revision)
      throw new CommandError(`a revision from 1 to ${instance.revision} is wanted, got ${words[0]}`);
    const warnings = [`what was changed after revision ${revision} is taken back, whoever changed it`];
    return { type: 'plan', plan: { ...rollbackTo(revision, instance.revision), warnings } };
  },
};

const planned = (
  { instance }: ServeStatus,
  plan: Omit<Plan, 'revision'>,
): { readonly type: 'plan'; readonly plan: Plan } => ({ type: 'plan', plan: { ...plan, revision: instance.revision } });

export const CHANGE_COMMANDS: readonly Command[] = [scale, shadow, config, remove, rollback];
