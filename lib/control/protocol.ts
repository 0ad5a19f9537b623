/** What a client and an instance say to each other over a control connection, once they have greeted. */
import { isPlainObject } from '../domain/given-value.ts';
import type { ErrorEnvelope } from '../wire/error-envelope.ts';
import { canBePassedOn } from '../wire/received-value.ts';

/** The instance's first message. */
export interface Welcome {
  readonly type: 'welcome';
  readonly instance: string;
  readonly pid: number;
  /** Null without a server. */
  readonly httpUrl: string | null;
  /** It is started again when it ends otherwise than by `shutdown`. */
  readonly comesBack: boolean;
}

export interface Call {
  readonly type: 'call';
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
  /** Who asks, as it says itself. */
  readonly author: string;
}

/** `bytes`: the length of the message. */
export function isCall(message: unknown, bytes: number): message is Call {
  if (!isPlainObject(message) || message.type !== 'call') return false;
  const { id, method, args } = message;
  return Number.isSafeInteger(id) && typeof method === 'string' && Array.isArray(args) && canBePassedOn(args, bytes);
}

export interface Reply {
  readonly type: 'reply';
  readonly id: number;
  readonly value: unknown;
  /** Null: it went well. */
  readonly error: ErrorEnvelope | null;
}
