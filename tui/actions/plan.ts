/** What a command is going to do, before it does it. */
import type { Client } from '../../lib/index.ts';
import type { Line } from '../frame/line.ts';

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
  run(client: Client): Promise<void>;
}
