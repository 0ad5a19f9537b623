/** What an endpoint answered, against what a backend on trial did. */
import { type Difference, differencesOf, type Tolerance } from './domain/compare-values.ts';
import { invalidValue } from './domain/given-value.ts';
import type { TriedAnswer, TriedPair, TriedRequest } from './domain/trial.ts';

/** True: the answers are as good as equal. They are as a handle gives them; over HTTP, JSON is parsed. */
// biome-ignore lint/suspicious/noExplicitAny: answers are whatever backends answer
export type CompareAnswers = (old: any, its: any, request: TriedRequest) => boolean | PromiseLike<boolean>;

/** Names of what is no field of an answer, so that they cannot be taken for one. */
const WHOLE = '(answer)';
const OUTCOME = '(outcome)';
const FORM = '(form)';
const STATUS = '(status)';
const TYPE = '(content type)';

/** Where they differ; none: equal. Rejects with what `compare` throws, and INVALID_ARGUMENT for what is no verdict. */
export async function compareAnswers(
  { old, new: its, request }: TriedPair,
  tolerance: Tolerance,
  compare: CompareAnswers | null,
): Promise<readonly Difference[]> {
  const outside = differencesOutside(old.answer, its.answer);
  if (outside.length > 0 || !hasValue(old.answer) || !hasValue(its.answer)) return outside;
  const [oldValue, newValue] = [valueIn(old.answer), valueIn(its.answer)];
  if (compare === null || request === null) return differencesOf(oldValue, newValue, tolerance).map(namedWhole);
  const verdict: unknown = await compare(oldValue, newValue, request);
  if (typeof verdict !== 'boolean') throw invalidValue('what compare returns', 'true or false', verdict);
  return verdict ? [] : [{ path: WHOLE, old: oldValue, new: newValue }];
}

export const isStreamed = ({ old, new: its }: TriedPair): boolean =>
  old.answer.is === 'stream' && its.answer.is === 'stream';

const namedWhole = (found: Difference): Difference => (found.path === '' ? { ...found, path: WHOLE } : found);

/** In all but the value. */
function differencesOutside(old: TriedAnswer, its: TriedAnswer): Difference[] {
  if (old.is === 'error' || its.is === 'error') {
    const isSame = old.is === 'error' && its.is === 'error' && old.code === its.code && old.name === its.name;
    return isSame ? [] : [{ path: OUTCOME, old: outcomeOf(old), new: outcomeOf(its) }];
  }
  const found: Difference[] = [];
  const differ = (path: string, one: unknown, other: unknown): void => {
    if (one !== other) found.push({ path, old: one, new: other });
  };
  if ((old.is === 'stream') !== (its.is === 'stream')) differ(FORM, formOf(old), formOf(its));
  differ(STATUS, statusOf(old), statusOf(its));
  differ(TYPE, typeOf(old), typeOf(its));
  const [oldHeaders, newHeaders] = [headersOf(old), headersOf(its)];
  for (const name of new Set([...oldHeaders.keys(), ...newHeaders.keys()])) {
    if (name !== 'content-type') differ(`(header ${name})`, oldHeaders.get(name), newHeaders.get(name));
  }
  return found;
}

const outcomeOf = (answer: TriedAnswer): string => (answer.is === 'error' ? answer.message : 'ok');

const formOf = ({ is }: TriedAnswer): string => (is === 'stream' ? 'a stream' : 'a value');

const statusOf = (answer: TriedAnswer): number | null =>
  answer.is === 'http' || answer.is === 'stream' ? answer.status : null;

function typeOf(answer: TriedAnswer): string | null {
  if (answer.is !== 'http' && answer.is !== 'stream') return null;
  return answer.contentType ?? headersOf(answer).get('content-type') ?? null;
}

function headersOf(answer: TriedAnswer): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  if (answer.is === 'value' || answer.is === 'error' || answer.headers === null) return headers;
  const parts = answer.headers.split('\n');
  for (let at = 0; at + 1 < parts.length; at += 2) headers.set((parts[at] ?? '').toLowerCase(), parts[at + 1] ?? '');
  return headers;
}

type Valued = Extract<TriedAnswer, { readonly is: 'value' | 'http' }>;

const hasValue = (answer: TriedAnswer): answer is Valued => answer.is === 'value' || answer.is === 'http';

function valueIn(answer: Valued): unknown {
  if (answer.is === 'value') return answer.value;
  const { body } = answer;
  if (body === null || !/\bjson\b/i.test(typeOf(answer) ?? '')) return body;
  try {
    return JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body));
  } catch {
    return body; // it only says that it is JSON
  }
}
