import { bundleOf } from '../display/bundle.ts';
import { errorText } from '../error-text.ts';
import { messageOf } from '../message-of.ts';
import type { ExpressionValue, Look } from './protocol.ts';

export type ExpressionValues = Readonly<Record<string, ExpressionValue>>;

/** What front ends want to know when a cell has run: one that fails keeps nobody from the others. */
export async function valuesOf(
  expressions: Readonly<Record<string, string>>,
  evaluate: (code: string) => Promise<unknown>,
  look: Look,
): Promise<ExpressionValues> {
  const values: Record<string, ExpressionValue> = {};
  for (const [name, code] of Object.entries(expressions)) {
    try {
      values[name] = { status: 'ok', data: bundleOf(await evaluate(code), look) };
    } catch (error) {
      const errorName = error instanceof Error ? error.name : 'Error';
      values[name] = { status: 'error', name: errorName, message: messageOf(error), text: errorText(error) };
    }
  }
  return values;
}
