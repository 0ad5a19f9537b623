import { paint } from '../display/paint.ts';
import { errorText } from '../error-text.ts';
import { Interrupted } from '../evaluate/evaluator.ts';
import { messageOf } from '../message-of.ts';
import type { Look, Output } from './protocol.ts';

interface FailureGiven {
  readonly parent: string | null;
  readonly look: Look;
  /** How it is typed. */
  readonly hint: string | null;
  /** Gives places in a text as they were typed. */
  correctPlaces(text: string): string;
}

/** What a cell threw, or nobody awaited, as front ends are told of it. */
export function failureOutput(error: unknown, { parent, look, hint, correctPlaces }: FailureGiven): Output {
  const text = error instanceof Interrupted ? error.message : correctPlaces(uncaught(error, look));
  return {
    type: 'error',
    parent,
    name: error instanceof Error ? error.name : 'Error',
    message: messageOf(error),
    text: hint === null ? text : `${text}\n${paint(look, 'dim', hint)}`,
  };
}

function uncaught(error: unknown, { colors }: Look): string {
  // Of a cell: its stack begins with the place, and the line with a caret below it.
  const isOfCell = error instanceof SyntaxError && !error.stack?.startsWith('SyntaxError');
  return `Uncaught ${isOfCell ? error.stack : errorText(error, { colors })}`;
}
