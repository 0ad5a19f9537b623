/** A plan as its reader sees it, a line for each step: `~ backend v1: numReplicas 1 → 2`. */
import type { ConfigChange, ConfigStep } from '../../lib/index.ts';
import { weights } from './format.ts';
import type { Piece } from './output.ts';

export interface StepText {
  readonly mark: '+' | '~' | '-';
  readonly text: string;
}

const LONGEST_VALUE = 60;
/** What only says that something is another: its digests tell nobody anything. */
const DIGESTS = new Set(['code', 'initArgs']);
const SECRETS = 'actorOptions.envVars';

/** Pure. */
export function stepText(step: ConfigStep): StepText {
  switch (step.type) {
    case 'create-backend':
      return { mark: '+', text: `backend ${step.backend}` };
    case 'update-backend':
    case 'update-backend-config':
      return { mark: '~', text: `backend ${step.backend}: ${step.changes.map(changeText).join(', ')}` };
    case 'delete-backend':
      return { mark: '-', text: `backend ${step.backend}` };
    case 'create-endpoint':
      return { mark: '+', text: `endpoint ${step.endpoint}: ${newEndpointText(step.wanted)}` };
    case 'update-endpoint':
      return { mark: '~', text: `endpoint ${step.endpoint}: ${step.changes.map(changeText).join(', ')}` };
    case 'set-traffic':
      return { mark: '~', text: `endpoint ${step.endpoint}: traffic ${weights(step.from)} → ${weights(step.to)}` };
    case 'set-shadows':
      return { mark: '~', text: `endpoint ${step.endpoint}: shadows ${weights(step.from)} → ${weights(step.to)}` };
    case 'delete-endpoint':
      return { mark: '-', text: `endpoint ${step.endpoint}` };
  }
}

const STYLES = { '+': 'green', '~': 'yellow', '-': 'red' } as const;

export const stepPieces = ({ mark, text }: StepText): readonly Piece[] => [[mark, STYLES[mark]], ` ${text}`];

/** `2 to create, 1 to change, 3 to delete`. */
export function planSummary(steps: readonly ConfigStep[]): string {
  const marks = steps.map((step) => stepText(step).mark);
  const count = (mark: string): number => marks.filter((other) => other === mark).length;
  return `${count('+')} to create, ${count('~')} to change, ${count('-')} to delete`;
}

/** As it may be printed: of environment variables only the names. */
export function plainStep(step: ConfigStep): ConfigStep {
  if (!('changes' in step)) return step;
  const changes = step.changes.map((change) =>
    change.key === SECRETS ? { ...change, from: namesOf(change.from), to: namesOf(change.to) } : change,
  );
  return { ...step, changes };
}

function newEndpointText({
  route,
  methods = ['GET'],
  traffic,
  shadows = {},
}: Extract<ConfigStep, { type: 'create-endpoint' }>['wanted']): string {
  const reached = typeof route === 'string' ? `${methods.join(',')} ${route}` : 'by handle only';
  const copies = Object.keys(shadows).length === 0 ? '' : `, shadows ${weights(shadows)}`;
  return `${reached}, traffic ${weights(traffic)}${copies}`;
}

function changeText({ key, from, to }: ConfigChange): string {
  if (DIGESTS.has(key)) return key;
  if (key === SECRETS) return `${key} ${valueText(namesOf(from))} → ${valueText(namesOf(to))}`;
  return `${key} ${valueText(from)} → ${valueText(to)}`;
}

const namesOf = (variables: unknown): readonly string[] => Object.keys(variables as object).sort();

function valueText(value: unknown): string {
  const text = value === undefined ? 'none' : typeof value === 'string' ? value : (JSON.stringify(value) ?? 'none');
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 1)}…` : text;
}
