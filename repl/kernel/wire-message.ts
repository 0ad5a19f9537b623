/** Jupyter's messages as ZeroMQ carries them: who it is for, a signature, and four parts of JSON. */
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';

export type Content = Readonly<Record<string, unknown>>;

/** Whatever else the other side puts in goes back to it as it came. */
export interface Header {
  readonly msg_id: string;
  readonly msg_type: string;
  readonly session: string;
  readonly username: string;
  readonly date: string;
  readonly version: string;
}

export interface Message {
  /** ZeroMQ's own: to whom an answer goes, or the topic of what is published. */
  readonly identities: readonly Buffer[];
  readonly header: Header;
  /** null: it answers nothing. */
  readonly parent: Header | null;
  readonly metadata: Content;
  readonly content: Content;
  readonly buffers: readonly Buffer[];
}

/** What is not a message of this kernel's, and why. */
export interface Refused {
  readonly refused: string;
}

export interface Outgoing {
  readonly type: string;
  /** Its own; default: a new one. */
  readonly id?: string;
  readonly content: Content;
  readonly parent: Header | null;
  readonly identities: readonly Buffer[];
  readonly metadata?: Content;
  readonly buffers?: readonly Buffer[];
}

/** 5.4 is what Jupyter's messages are today without subshells and a debugger. */
export const PROTOCOL_VERSION = '5.4';

const DELIMITER = Buffer.from('<IDS|MSG>');
/** Signature, header, parent header, metadata, content. */
const FIXED_PARTS = 5;

export class WireFormat {
  readonly #key: string;
  readonly #session = randomUUID();

  /** `key`: of HMAC-SHA256; empty: nothing is signed, as Jupyter has it. */
  constructor(key: string) {
    this.#key = key;
  }

  decode(frames: readonly Buffer[]): Message | Refused {
    const at = frames.findIndex((frame) => frame.equals(DELIMITER));
    if (at < 0 || frames.length < at + 1 + FIXED_PARTS) return { refused: `${frames.length} frames are no message` };
    const [signature, ...parts] = frames.slice(at + 1, at + 1 + FIXED_PARTS);
    if (signature === undefined || !this.#isSigned(signature, parts)) return { refused: 'its signature is not ours' };
    const read = parts.map(readObject);
    const [header, parent, metadata, content] = read;
    if (!header || !parent || !metadata || !content) return { refused: 'a part of it is no JSON object' };
    if (!isHeader(header)) return { refused: 'its header lacks msg_id or msg_type' };
    return {
      identities: frames.slice(0, at),
      header,
      parent: isHeader(parent) ? parent : null,
      metadata,
      content,
      buffers: frames.slice(at + 1 + FIXED_PARTS),
    };
  }

  encode({ type, id = randomUUID(), content, parent, identities, metadata = {}, buffers = [] }: Outgoing): Buffer[] {
    const header: Header = {
      msg_id: id,
      msg_type: type,
      session: this.#session,
      username: 'kernel',
      date: new Date().toISOString(),
      version: PROTOCOL_VERSION,
    };
    const parts = [header, parent ?? {}, metadata, content].map((part) => Buffer.from(JSON.stringify(part)));
    return [...identities, DELIMITER, Buffer.from(this.#sign(parts)), ...parts, ...buffers];
  }

  #sign(parts: readonly Buffer[]): string {
    if (this.#key === '') return '';
    const hmac = createHmac('sha256', this.#key);
    for (const part of parts) hmac.update(part);
    return hmac.digest('hex');
  }

  #isSigned(signature: Buffer, parts: readonly Buffer[]): boolean {
    const wanted = Buffer.from(this.#sign(parts));
    return signature.length === wanted.length && timingSafeEqual(signature, wanted);
  }
}

function readObject(part: Buffer): Content | null {
  try {
    const value: unknown = JSON.parse(part.toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Content) : null;
  } catch {
    return null;
  }
}

const isHeader = (part: Content): part is Content & Header =>
  typeof part.msg_id === 'string' && typeof part.msg_type === 'string';
