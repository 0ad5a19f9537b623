/** Makes a plan true, and knows how to take it back. */
import { type Client, ServeError, type ServeStatus } from '../../lib/index.ts';
import { literal } from '../actions/command.ts';
import type { Plan } from '../actions/plan.ts';
import { line, span } from '../frame/line.ts';
import type { Undoable } from '../ui/ui.ts';

export interface Applied {
  readonly said: string;
  readonly undoable: Undoable | null;
}

/** Rejects with what the call rejects with, and where what it is about has gone meanwhile. */
export async function applyPlan(plan: Plan, client: Client | null): Promise<Applied> {
  if (client === null) throw new Error('not connected: nothing was changed');
  const before = await client.status();
  requireThere(plan, before);
  await plan.run(client);
  const { revision } = (await client.status()).instance;
  // More than one revision further, somebody else has changed something meanwhile: going back would undo that, too.
  const isOurs = revision === before.instance.revision + 1;
  const undoable = isOurs && plan.about.kind !== 'revision' ? { revision, summary: plan.title } : null;
  if (revision === before.instance.revision) return { said: `${plan.title}: it was so already`, undoable: null };
  return {
    said: `${plan.title}: done, revision ${revision}${undoable === null ? '' : ' - u takes it back'}`,
    undoable,
  };
}

function requireThere({ about: { kind, name } }: Plan, { endpoints, backends }: ServeStatus): void {
  const isThere = kind === 'revision' || (kind === 'endpoint' ? endpoints : backends)[name] !== undefined;
  if (!isThere) throw new Error(`there is no ${kind} ${name} any more: nothing was changed`);
}

/** Back to the revision before it, as long as nobody has changed anything since. */
export function undoPlan({ revision, summary }: Undoable): Plan {
  return {
    title: `take back: ${summary}`,
    call: `await client.rollback(${literal(revision - 1)})`,
    confirmation: { type: 'yes' },
    preview: [
      line(span(' now  ', 'dim'), `revision ${revision}`),
      line(span(' new  ', 'dim'), `everything as in revision ${revision - 1}`),
    ],
    warnings: [],
    about: { kind: 'revision', name: String(revision) },
    run: async (client) => {
      const now = (await client.status()).instance.revision;
      if (now !== revision)
        throw new ServeError(
          'INVALID_ARGUMENT',
          `revision ${now} came after it; :rollback ${revision - 1} takes back both`,
        );
      await client.rollback(revision - 1);
    },
  };
}
