/** Makes a plan true, and knows how to take it back. */
import { type Client, ServeError, type ServeStatus } from '../../lib/index.ts';
import { type Plan, rollbackTo } from '../actions/plan.ts';
import type { Undoable } from '../ui/ui.ts';

export interface Applied {
  readonly said: string;
  readonly undoables: readonly Undoable[];
}

/** Something was changed between when a plan was shown and when it was to be carried out. */
export class ChangedMeanwhile extends Error {}

/**
 * Rejects with what the call rejects with, and where anything has changed since it was shown. `undoables`: what could be
 * taken back before.
 */
export async function applyPlan(
  plan: Plan,
  client: Client | null,
  undoables: readonly Undoable[] = [],
): Promise<Applied> {
  if (client === null) throw new Error('not connected: nothing was changed');
  const before = await client.status();
  requireThere(plan, before);
  await requireUnchanged(plan, before, client);
  await plan.run(client);
  const { revision, startedAt } = (await client.status()).instance;
  if (revision === before.instance.revision) return { said: `${plan.title}: it was so already`, undoables };
  const left = plan.isUndo
    ? rebased(undoables.slice(0, -1), revision)
    : [
        // What somebody else has changed in between is not to be taken back by the way.
        ...(undoables.at(-1)?.at === plan.revision ? undoables : []),
        { at: revision, back: before.instance.revision, summary: plan.title, startedAt },
      ];
  // More than one revision further, somebody else has changed something meanwhile: going back would undo that, too.
  const isOurs = revision === before.instance.revision + 1;
  const takesBack = isOurs && !plan.isUndo ? ' - u takes it back' : '';
  return { said: `${plan.title}: done, revision ${revision}${takesBack}`, undoables: isOurs ? left : [] };
}

/** What was before the change that has been taken back is so again, under a new revision. */
const rebased = (undoables: readonly Undoable[], revision: number): Undoable[] =>
  undoables.map((one, index) => (index === undoables.length - 1 ? { ...one, at: revision } : one));

function requireThere({ about: { kind, name } }: Plan, { endpoints, backends }: ServeStatus): void {
  const isThere = kind === 'revision' || (kind === 'endpoint' ? endpoints : backends)[name] !== undefined;
  if (!isThere) throw new Error(`there is no ${kind} ${name} any more: nothing was changed`);
}

async function requireUnchanged(plan: Plan, { instance }: ServeStatus, client: Client): Promise<void> {
  if (instance.revision === plan.revision) return;
  const last = (await client.history()).at(-1);
  const what = last === undefined ? '' : ` (${last.summary}, by ${last.author})`;
  throw new ChangedMeanwhile(
    `revision ${instance.revision}${what} came after what was shown: nothing was changed, look again`,
  );
}

/** Back to how it was before it. Throws where that would take back more, or another instance's revisions are meant. */
export function undoPlan(undoables: readonly Undoable[], { instance }: ServeStatus): Plan {
  const last = undoables.at(-1);
  if (last === undefined) throw new ServeError('INVALID_ARGUMENT', 'nothing was changed here; :rollback <revision>');
  if (last.startedAt !== instance.startedAt)
    throw new ServeError('INVALID_ARGUMENT', `${last.summary}: that was another instance, which has gone`);
  if (last.at !== instance.revision) {
    throw new ServeError(
      'INVALID_ARGUMENT',
      `revision ${instance.revision} came after '${last.summary}'; :rollback ${last.back} takes back all since`,
    );
  }
  return { ...rollbackTo(last.back, instance.revision), title: `take back: ${last.summary}`, isUndo: true };
}
