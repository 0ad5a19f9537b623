/** What a client and an instance say to each other over a control connection, once they have greeted. */
import type { ErrorEnvelope } from '../wire/error-envelope.ts';

/** The instance's first message. */
export interface Welcome {
  readonly type: 'welcome';
  readonly instance: string;
  readonly pid: number;
  /** Null without a server. */
  readonly httpUrl: string | null;
}

export interface Call {
  readonly type: 'call';
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
  /** Who asks, as it says itself. */
  readonly author: string;
}

export interface Reply {
  readonly type: 'reply';
  readonly id: number;
  readonly value: unknown;
  /** Null: it went well. */
  readonly error: ErrorEnvelope | null;
}
