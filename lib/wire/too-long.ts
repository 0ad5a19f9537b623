/** Messages that no connection between processes takes: what is in them goes by itself, or is told to be too long. */
import { ServeError } from '../errors.ts';
import { packError } from './error-envelope.ts';
import { FIELDS, FRAME } from './frames.ts';

/** Thrown by a port, with nothing sent. */
export class MessageTooLong extends Error {
  override readonly name = 'MessageTooLong';
  readonly bytes: number;

  constructor(bytes: number, longest: number) {
    super(`it has ${bytes} bytes, and a message between processes may have ${longest}`);
    this.bytes = bytes;
  }
}

/** A batch in two; null: it is a single frame. */
export function halves(batch: readonly unknown[]): readonly [unknown[], unknown[]] | null {
  const starts: number[] = [];
  for (let i = 0; i < batch.length; i += fieldsOf(batch[i])) starts.push(i);
  const middle = starts[starts.length >> 1];
  return middle === undefined || middle === 0 ? null : [batch.slice(0, middle), batch.slice(middle)];
}

/** What is sent instead of a frame: its query fails, or its stream breaks. Null: it is a query itself, or nothing waits for it. */
export function insteadOf(frame: readonly unknown[], reason: MessageTooLong): unknown[] | null {
  const [kind, slot] = frame;
  const failure = packError(tooLong('the answer', reason));
  switch (kind) {
    case FRAME.value:
      return [FRAME.failure, slot, failure, frame[4], frame[5]];
    case FRAME.http:
      return [FRAME.failure, slot, failure, frame[7], frame[8]];
    case FRAME.failure:
      return [FRAME.failure, slot, failure, frame[3], frame[4]];
    case FRAME.chunk:
    case FRAME.broken:
      return [FRAME.broken, slot, packError(tooLong('a chunk of the stream', reason))];
    default:
      return null;
  }
}

export const tooLong = (what: string, { message }: MessageTooLong): ServeError =>
  new ServeError('NOT_SERIALIZABLE', `${what} is too long: ${message}; send it in parts, or as a stream`);

function fieldsOf(kind: unknown): number {
  const fields = FIELDS.get(kind);
  if (fields === undefined) throw new Error(`unknown frame ${String(kind)}`);
  return fields;
}
