/** What a kernel tells all who look at it. */
import type { Content, Header, Outgoing } from './wire-message.ts';

interface Published {
  readonly type: string;
  readonly content: Content;
  readonly parent: Header | null;
  readonly metadata?: Content;
  readonly buffers?: readonly Buffer[];
}

interface Printed {
  readonly name: 'stdout' | 'stderr';
  readonly parent: Header | null;
  readonly texts: string[];
  length: number;
}

/** Lines wait for others so long, in ms: five thousand of them are a few messages. */
const TOGETHER_MS = 10;
const MOST_TOGETHER = 64 * 1024;

export class Iopub {
  readonly #send: (message: Outgoing) => void;
  #printed: Printed | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (message: Outgoing) => void) {
    this.#send = send;
  }

  status(state: 'starting' | 'busy' | 'idle', parent: Header | null): void {
    this.publish({ type: 'status', content: { execution_state: state }, parent });
  }

  /** After all that was printed before. */
  publish(published: Published): void {
    this.flush();
    this.#send({ ...published, identities: [Buffer.from(`kernel.${published.type}`)] });
  }

  /** To one of those who look, under his topic. */
  welcome(topic: Buffer): void {
    this.#send({
      type: 'iopub_welcome',
      content: { subscription: topic.toString() },
      parent: null,
      identities: [topic],
    });
  }

  print(name: 'stdout' | 'stderr', text: string, parent: Header | null): void {
    const isMore = this.#printed?.name === name && this.#printed.parent?.msg_id === parent?.msg_id;
    if (!isMore) this.flush();
    this.#printed ??= { name, parent, texts: [], length: 0 };
    this.#printed.texts.push(text);
    this.#printed.length += text.length;
    if (this.#printed.length >= MOST_TOGETHER) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), TOGETHER_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const printed = this.#printed;
    this.#printed = null;
    if (printed === null) return;
    const { name, parent, texts } = printed;
    this.publish({ type: 'stream', content: { name, text: texts.join('') }, parent });
  }
}
