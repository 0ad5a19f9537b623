/** Keys that change something: each writes the command that does, to be looked at before it is run. */
import { amountText } from '../frame/units.ts';
import type { Binding } from './bindings.ts';
import { type Context, subject, subjectBackend, subjectEndpoint } from './context.ts';
import type { Ui } from './ui.ts';

export function changeBindings(): Binding[] {
  return [
    writes('t', 'traffic of the selected endpoint', 'traffic', trafficCommand),
    writes('s', 'how many replicas of the backend', 'scale', scaleCommand),
    writes(
      'm',
      'mirrors traffic to a backend: a shadow',
      undefined,
      (context) => `shadow ${subjectEndpoint(context) ?? ''} `,
    ),
    writes('c', 'config of the backend', undefined, (context) => `config ${subjectBackend(context) ?? ''} `),
    writes('D', 'deletes what is selected', undefined, deleteCommand),
    {
      ...{ keys: ['u'], shown: 'u', about: 'takes the last change made here back', group: 'Change' },
      isFor: ({ now }) => now.status !== null,
      press: ({ ui }) => ({ ui, effect: { type: 'undo' } }),
    },
    {
      ...{ keys: [':'], shown: ':', about: 'commands, with completion by Tab', short: 'command', group: 'Change' },
      press: ({ ui }) => ({ ui: typingCommand(ui, '') }),
    },
  ];
}

export const typingCommand = (ui: Ui, text: string): Ui => ({ ...ui, typing: { kind: 'command', text, recalled: 0 } });

function writes(key: string, about: string, short: string | undefined, command: (context: Context) => string): Binding {
  return {
    ...{ keys: [key], shown: key, about, group: 'Change', ...(short !== undefined && { short }) },
    isFor: ({ now }) => now.status !== null,
    press: (context) => ({ ui: typingCommand(context.ui, command(context).replace(/ {2,}/g, ' ')) }),
  };
}

/** With the split as it is, to be changed. */
function trafficCommand(context: Context): string {
  const name = subjectEndpoint(context);
  const traffic = name === null ? undefined : context.now.status?.endpoints[name]?.traffic;
  if (traffic === undefined) return 'traffic ';
  const weights = Object.entries(traffic).map(([tag, weight]) => `${tag}=${amountText(weight * 100)}`);
  return `traffic ${name} ${weights.join(' ')}`;
}

function scaleCommand(context: Context): string {
  const tag = subjectBackend(context);
  const target = tag === null ? undefined : context.now.status?.backends[tag]?.replicas.target;
  return target === undefined ? 'scale ' : `scale ${tag} ${target}`;
}

function deleteCommand(context: Context): string {
  const found = subject(context);
  if (found?.kind === 'endpoint') return `delete endpoint ${found.name}`;
  const backend = subjectBackend(context);
  return backend === null ? 'delete ' : `delete backend ${backend}`;
}
