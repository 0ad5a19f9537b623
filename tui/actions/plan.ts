/** What a command is going to do, before it does it. */
import type { Client } from '../../lib/index.ts';
import { type Line, line, span } from '../frame/line.ts';

/** What must be done before it is done: Enter alone, Enter and `y`, or its name typed. */
export type Confirmation =
  | { readonly type: 'none' }
  | { readonly type: 'yes' }
  | { readonly type: 'name'; readonly name: string };

export interface Plan {
  /** In a few words, as an order: `delete backend v1`. */
  readonly title: string;
  /** The call at the prompt that does the same. */
  readonly call: string;
  readonly confirmation: Confirmation;
  /** How it is and how it will be. */
  readonly preview: readonly Line[];
  readonly warnings: readonly string[];
  /** What it is about: once it is gone, nothing is done. */
  readonly about: { readonly kind: 'endpoint' | 'backend' | 'revision'; readonly name: string };
  /** Of the instance when it was made: on another one it is not carried out. */
  readonly revision: number;
  /** It takes back what was changed last from here. */
  readonly isUndo?: boolean;
  run(client: Client): Promise<void>;
}

export const rollbackTo = (revision: number, now: number): Plan => ({
  title: `everything as in revision ${revision}`,
  call: `await client.rollback(${revision})`,
  confirmation: { type: 'yes' },
  preview: [
    line(span(' now  ', 'dim'), `revision ${now}`),
    line(span(' new  ', 'dim'), `everything as in revision ${revision}`),
  ],
  warnings: [],
  about: { kind: 'revision', name: String(revision) },
  revision: now,
  run: (client) => client.rollback(revision),
});
